#!/bin/sh
# Makes the lock files anew: hashed, and without the address of any registry.
set -eu
bin=$1
compile() {
    CUSTOM_COMPILE_COMMAND="make lock" "$bin/pip-compile" -q --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-emit-trusted-host --strip-extras --allow-unsafe "$@"
}
compile --output-file requirements/runtime.txt pyproject.toml
compile --output-file requirements/dev.txt --extra dev --constraint requirements/runtime.txt pyproject.toml
printf 'hatchling\neditables\n' | compile --output-file requirements/build.txt -

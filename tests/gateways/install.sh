#!/bin/sh
# Puts Debian's Kannel on this machine, if it is not there: the tests in this folder run it.
set -eu
if command -v bearerbox >/dev/null && command -v smsbox >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "These tests need Kannel: install the packages kannel and kannel-extras (apt-get install kannel kannel-extras)." >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends kannel kannel-extras

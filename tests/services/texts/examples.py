"""The data file: every text with arguments to fill it."""

import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

Arguments = dict[str, str | int]

EXAMPLES = tomllib.loads((Path(__file__).parent / "data" / "examples.toml").read_text(encoding="utf-8"))
LANGUAGES = ("ru", "en")
KEYS = sorted(EXAMPLES["texts"])


def strings(key: str) -> list[str]:
    """The placeholders that are shown."""
    return str(EXAMPLES["texts"][key].get("strings", "")).split()


def selectors(key: str) -> dict[str, list[int]]:
    """The placeholders that select, with all their values."""
    return {name: values for name, values in EXAMPLES["texts"][key].items() if name != "strings"}


def arguments(language: str, key: str, size: str) -> Iterator[Arguments]:
    """Arguments for a text, one set for each choice of its selectors. `size` is `ordinary` or `longest`."""
    values = EXAMPLES[size] | EXAMPLES[language][size]
    shown: Arguments = {name: values[name] for name in strings(key)}
    choices = selectors(key)
    for choice in product(*choices.values()):
        yield shown | dict(zip(choices, choice, strict=True))

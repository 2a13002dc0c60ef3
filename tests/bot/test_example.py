"""meterline.example.toml stays complete and true."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.complaints import section_of
from bot.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "meterline.example.toml"


def uncommented() -> str:
    """The example with every default in force."""
    return re.sub(r"^# (?=[a-z_0-9]+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def keys_of_code(section: type[BaseModel], place: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        inner = section_of(field.annotation)
        if inner is None:
            yield f"{place}{name}"
        else:
            yield from keys_of_code(inner, f"{place}{name}.")


def keys_of_file(data: dict[str, Any], place: str = "") -> Iterator[str]:
    for name, value in data.items():
        section = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if isinstance(section, dict):
            yield from keys_of_file(section, f"{place}{name}.")
        else:
            yield f"{place}{name}"


def test_every_key_is_in_the_example() -> None:
    """Each field of the code stands in the example, and no other."""
    assert sorted(keys_of_file(tomllib.loads(uncommented()))) == sorted(keys_of_code(Settings))


def test_the_shown_defaults_are_the_codes(tmp_path: Path) -> None:
    """The example says the same with and without its comments, so what they show is what holds."""
    plain, full = tmp_path / "plain.toml", tmp_path / "full.toml"
    plain.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    full.write_text(uncommented(), encoding="utf-8")
    assert load(plain, {}) == load(full, {})

"""Turns what is wrong with a configuration into lines that an operator can act on."""

import difflib
import json
import re
import typing
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Place = tuple[int | str, ...]


class FaultySettings(Exception):
    """The configuration cannot be used; the text lists every fault with its place and an example."""


def complain(file: str, root: type[BaseModel], error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> str:
    """List all faults; `origins` tells which places were set by which environment variable."""
    faults = error.errors(include_url=False, include_input=False)
    lines = []
    for fault in faults:
        place = fault["loc"]
        lines.append(f"  {_origin(place, origins)}: {_what(root, place, fault['type'], fault['msg'])}")
    count = f"{len(lines)} faults" if len(lines) > 1 else "a fault"
    return "\n".join([f"{file} has {count}:", *lines])


def nearest(word: str, known: Iterable[str]) -> str:
    """A question that names the most similar known word; empty when none is similar."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[found[0]]}?" if found else ""


def place_name(place: Place) -> str:
    """`branch[1].timezone`, with the first branch called 1."""
    name = ""
    for part in place:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "the whole"


def as_toml(value: object) -> str:
    """A plain value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)


def _origin(place: Place, origins: Mapping[tuple[str, ...], str]) -> str:
    names = tuple(map(str, place))
    variable = next((origins[names[:end]] for end in range(len(names), 0, -1) if names[:end] in origins), "")
    name = place_name(place)
    return f"{variable} ({name})" if variable else name


def _what(root: type[BaseModel], place: Place, kind: str, words: str) -> str:
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        section = _section(root, place[:-1])
        known = list(section.model_fields) if section else []
        return "unknown key" + (nearest(key, known) or f"; known are {', '.join(known)}")
    if kind == "missing" and key == "branch":
        return "at least one [[branch]] is needed, with code, name and timezone"
    words = re.sub(r"^(Value error, |(Input|String|Tuple|List) (?=should))", "", words)
    if kind == "missing":
        words = "is missing"
    example = _example(_field(root, place))
    return words if example is None else f"{words}; for example: {key} = {as_toml(example)}"


def _example(field: FieldInfo | None) -> object:
    """The field's own example, else its default where that says something."""
    if field is None:
        return None
    if field.examples:
        return field.examples[0]
    return field.default if isinstance(field.default, (str, int, float)) and field.default != "" else None


def _field(root: type[BaseModel], place: Place) -> FieldInfo | None:
    names = [part for part in place if isinstance(part, str)]
    section = _section(root, names[:-1])
    return section.model_fields.get(names[-1]) if section and names else None


def _section(root: type[BaseModel], place: Iterable[int | str]) -> type[BaseModel] | None:
    """The model at a place; indexes of lists do not count, nor do the names in a table of tables."""
    section: type[BaseModel] | None = root
    is_named = False
    for part in place:
        if isinstance(part, int) or is_named:
            is_named = False
            continue
        field = section.model_fields.get(part) if section else None
        section = section_of(field.annotation) if field else None
        is_named = field is not None and typing.get_origin(field.annotation) is dict
    return section


def section_of(annotation: object) -> type[BaseModel] | None:
    """The model that a field holds, one or a list of; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(section_of, typing.get_args(annotation))), None)

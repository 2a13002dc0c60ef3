"""The changes to existing files that a new channel needs: five files, each a pure function of its text."""

import csv
import dataclasses
import io
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final

from channels.toolkit.scaffold.features import read
from channels.toolkit.scaffold.names import Names
from core.domain.messages import Capabilities, TextUnit

BEGINNING: Final = Capabilities(text_limit=4096, text_unit=TextUnit.UTF16, can_write_first=False)
"""What the template's channel can do (`templates/channels/newcomer/adapter.py.tmpl`)."""


class Unexpected(Exception):
    """A file is not as it was when this was written, so its change must be made by hand."""


def _insert(text: str, before: str, more: str) -> str:
    """Put something before the only place where `before` stands.

    Raises:
        Unexpected: there is no such place, or more than one.
    """
    if text.count(before) != 1:
        raise Unexpected(f"put this before {before.strip()!r}:\n\n{more}")
    return text.replace(before, more + before)


def registry(text: str, names: Names) -> str:
    """How to build the channel, and its line in the table."""
    builder = f"""\
def _{names.name}(settings: Settings, _greetings: Greetings) -> Line | None:
    from channels.{names.name} import create  # noqa: PLC0415 - a channel that is off costs nothing

    section = settings.channels.{names.name}
    return Line(create(section), section.per_second) if section.enabled else None


"""
    text = _insert(text, "def reachable(", builder)
    return _insert(text, '}\n"""By the channel\'s name', f'    "{names.name}": _{names.name},\n')


def settings(text: str, names: Names) -> str:
    """The section of the configuration: the last of the class `Channels`."""
    section = f"{names.title}Settings"
    imported = f"from channels.{names.name}.settings import Settings as {section}\n"
    text = _insert(text, "from core.domain.accounts import", imported)
    head, begin, rest = text.partition("class Channels(Section):")
    fields, gap, tail = rest.partition("\n\n\n")
    if not gap:
        raise Unexpected(f"put this into Channels: {names.name}: {section} = {section}()")
    return f"{head}{begin}{fields}\n    {names.name}: {section} = {section}(){gap}{tail}"


def example(text: str, names: Names) -> str:
    """Its keys with their defaults."""
    section = f"""\
[channels.{names.name}]
# enabled = false
# token = ""                # opens {names.title}'s API to us
# secret = ""               # signs what {names.title} sends us; empty refuses every call
# api_base = "https://api.{names.name}.example"
# per_second = 10           # how many messages a second {names.title} may be given

"""
    return _insert(text, "# One [[branch]] for each branch", section)


def features(text: str, names: Names) -> str:
    """Its row, in the order of names."""
    lines = read(text)
    fields = {field.name for field in dataclasses.fields(BEGINNING)}
    columns = list(lines[0])
    if set(columns) - {"channel"} != fields:
        raise Unexpected("its columns are not those of Capabilities")
    row = {name: str(getattr(BEGINNING, name)).lower() for name in fields} | {"channel": names.name}
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted([*lines, row], key=lambda line: line["channel"]))
    return out.getvalue()


EDITS: Final[Mapping[PurePosixPath, Callable[[str, Names], str]]] = {
    PurePosixPath("bot/registry.py"): registry,
    PurePosixPath("bot/settings.py"): settings,
    PurePosixPath("meterline.example.toml"): example,
    PurePosixPath("docs/channels/features.csv"): features,
}
"""By file; the fifth, docs/channels/README.md, is made from features.csv."""

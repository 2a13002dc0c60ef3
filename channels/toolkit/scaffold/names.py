"""What a new channel may be called, and how its name is written."""

import keyword
import re
from dataclasses import dataclass
from typing import Final

TEMPLATE: Final = "newcomer"
_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,19}")
"""`channel` is a column of 20 characters."""


@dataclass(frozen=True, slots=True)
class Names:
    """One name: `max` in paths, keys and data, `Max` in classes and for people, `MAX` in constants."""

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or keyword.iskeyword(self.name) or self.name in {"toolkit", TEMPLATE}:
            raise ValueError(f"{self.name!r} should be 2 to 20 of a-z and 0-9, a letter first, and no word of Python's")

    @property
    def title(self) -> str:
        """As a class begins."""
        return self.name.capitalize()

    def fill(self, text: str) -> str:
        """A template's text, or its path, for this channel."""
        pairs = {TEMPLATE: self.name, TEMPLATE.capitalize(): self.title, TEMPLATE.upper(): self.name.upper()}
        for old, new in pairs.items():
            text = text.replace(old, new)
        return text

"""What a button of a post says when it is pressed: `<act>.<case>.<version>`, and a reason's name behind it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.domain.posts import TOKEN_LIMIT

_LARGEST: Final = 2**63 - 1
_TOKEN: Final = re.compile(r"([arxb])\.([0-9]{1,19})\.([0-9]{1,19})(?:\.([\w-]+))?", re.ASCII)


class Act(StrEnum):
    """What the button is for."""

    APPROVE = "a"
    REASONS = "r"
    """Show the reasons to reject with."""
    REJECT = "x"
    BACK = "b"


@dataclass(frozen=True, slots=True)
class Token:
    """A button's meaning."""

    act: Act
    case_id: int
    version: int
    """Of the case, as the post shows it."""
    code: str = ""
    """The reason of a rejection."""

    def __str__(self) -> str:
        """As it is put under a button."""
        words = [self.act.value, str(self.case_id), str(self.version)]
        return ".".join([*words, self.code] if self.code else words)

    @property
    def fits(self) -> bool:
        """Whether every messenger takes it."""
        return len(str(self).encode()) <= TOKEN_LIMIT


def read(text: str) -> Token | None:
    """A token of ours; None for anything else, for it comes from somebody's telephone."""
    found = _TOKEN.fullmatch(text)
    if found is None:
        return None
    act, case_id, version, code = Act(found[1]), int(found[2]), int(found[3]), found[4] or ""
    if max(case_id, version) > _LARGEST or (act is Act.REJECT) != bool(code):
        return None
    return Token(act, case_id, version, code)

"""What passes between a staff group of a messenger and the core: posts with buttons, and what the group's people do.

A staff group is no dialogue: nothing here reaches the desk, and what subscribers write never comes this way.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.domain.messages import Event
from core.domain.values import value

TOKEN_LIMIT: Final = 64
"""Bytes of a button's token: Telegram's `callback_data`, the shortest of all."""


class Look(StrEnum):
    """How a button looks, where the messenger has colours."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class PostButton:
    """A button of a post: one with a `token` tells us of a press, one with a `link` opens a page."""

    label: str
    token: str = ""
    link: str = ""
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class Post:
    """What stands in the group: a text, and rows of buttons beneath it."""

    text: str
    rows: tuple[tuple[PostButton, ...], ...] = ()


@value(kw_only=True)
class StaffEvent(Event):
    """Something that a person did in a staff group, or that happened to it. `address` is the person's."""

    chat: str
    """The group, or the person's own dialogue with us."""


@value(kw_only=True)
class StaffPressed(StaffEvent):
    """Somebody pressed a button of a post. The token was on his device: a hint, and never a proof."""

    press_id: str = field(repr=False)
    """The vendor's name for the press, by which it is answered."""
    post: str
    """The vendor's number of the post."""
    token: str


@value(kw_only=True)
class StaffLinked(StaffEvent):
    """Somebody sent a code that a page of ours has shown to him."""

    code: str = field(repr=False)


@value(kw_only=True)
class GroupMoved(StaffEvent):
    """The messenger has given the group `chat` another number."""

    to: str

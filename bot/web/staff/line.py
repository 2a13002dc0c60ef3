"""What a moderator works through: the list last looked at, less the cases passed over a moment ago.

Both stand in cookies, so that each browser goes on with its own; they say nothing that the list does not check anew.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from bot.web.staff.gate import Gate
from bot.web.staff.queue_wanted import Wanted, read, to_remember
from core.domain.staff import Member
from core.storage.cases import Case, Filters

LINE: Final = "staff-line"
PASSED: Final = "staff-passed"
PASSED_SECONDS: Final = 15 * 60
"""As long as a claim lasts by default: by then a colleague has had the time to take it."""
PASSED_MOST: Final = 20
"""Who passes over more is looking for something, and has filters for that."""
KEY_DIGITS: Final = 19
"""A key is below 2**63; one of fewer digits than this certainly is."""


def follow(gate: Gate, answer: web.StreamResponse, wanted: Wanted) -> None:
    """Go on with this list after each decision. What was searched for is personal, and is not kept."""
    gate.give(answer, LINE, to_remember(wanted))


def put_aside(gate: Gate, answer: web.StreamResponse, cookies: Mapping[str, str], case: Case) -> None:
    """Do not come back to this case for a while."""
    kept = [*(key for key in _passed(cookies) if key != case.id), case.id][-PASSED_MOST:]
    gate.give(answer, PASSED, ".".join(map(str, kept)), PASSED_SECONDS)


def take_up_again(gate: Gate, answer: web.StreamResponse) -> None:
    """Begin with the most urgent case, passed over or not."""
    gate.give(answer, PASSED, "", 0)


def waiting(cookies: Mapping[str, str], member: Member, now: datetime) -> Filters:
    """The cases that wait in his line."""
    wanted = read(dict(parse_qsl(cookies.get(LINE, ""))))
    filters = replace(wanted, state="open").filters(member, now)
    return replace(filters, passed=_passed(cookies))


def _passed(cookies: Mapping[str, str]) -> tuple[int, ...]:
    parts = cookies.get(PASSED, "").split(".")[-PASSED_MOST:]
    keys = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < KEY_DIGITS]
    return tuple(keys)

"""What a moderator works through: the list last looked at, less the cases passed over a moment ago.

Both stand in cookies, so that each browser goes on with its own; they say nothing that the list does not check anew.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from bot.web.staff.gate import PREFIX
from bot.web.staff.queue_wanted import Wanted, read, to_remember
from core.domain.staff import Member
from core.storage.cases import Case, Filters

LINE: Final = "line"
PASSED: Final = "passed"
PASSED_SECONDS: Final = 15 * 60
PASSED_MOST: Final = 20
KEY_DIGITS: Final = 19


def follow(answer: web.StreamResponse, wanted: Wanted) -> None:
    """Go on with this list after each decision. What was searched for is personal, and is not kept."""
    _give(answer, LINE, to_remember(wanted))


def put_aside(answer: web.StreamResponse, cookies: Mapping[str, str], case: Case) -> None:
    """Do not come back to this case for a while."""
    kept = [*(key for key in _passed(cookies) if key != case.id), case.id][-PASSED_MOST:]
    _give(answer, PASSED, ".".join(map(str, kept)), PASSED_SECONDS)


def take_up_again(answer: web.StreamResponse) -> None:
    """Begin with the most urgent case, passed over or not."""
    answer.del_cookie(PASSED, path=PREFIX)


def waiting(cookies: Mapping[str, str], member: Member, now: datetime) -> Filters:
    """The cases that wait in his line."""
    wanted = read(dict(parse_qsl(cookies.get(LINE, ""))))
    filters = replace(wanted, state="open").filters(member, now)
    return replace(filters, passed=_passed(cookies))


def _passed(cookies: Mapping[str, str]) -> tuple[int, ...]:
    parts = cookies.get(PASSED, "").split(".")[-PASSED_MOST:]
    keys = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < KEY_DIGITS]
    return tuple(keys)


def _give(answer: web.StreamResponse, name: str, value: str, max_age: int | None = None) -> None:
    answer.set_cookie(name, value, max_age=max_age, path=PREFIX, httponly=True, samesite="Lax")

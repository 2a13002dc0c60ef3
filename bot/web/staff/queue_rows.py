"""A case as a line of the list shows it: short, masked, in words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from bot.wording import sender, values
from core.domain.accounts import Branches, mask
from core.domain.staff import Member
from core.storage.cases import OPEN, Case, Entry

EXCERPT: Final = 160
"""Letters of a message that a line shows."""
_UNITS: Final = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))
_NUMBER: Final = re.compile(r"(?:\+7|\b8)[ (\-]*\d{3}[ )\-]*\d{3}[ \-]?\d{2}[ \-]?\d{2}(?!\d)|\d{8,}")
"""A telephone, or as many digits as an account or a meter's number has; no register has so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line."""

    key: int
    ref: str
    case: str
    """The long reference: addresses must name one case only."""
    kind: str
    branch: str
    channel: str
    state: str
    account: str = field(repr=False)
    excerpt: str = field(repr=False)
    age: str
    opened_ms: int
    due: str
    due_ms: int
    is_overdue: bool
    is_soon: bool
    """More than half of its time is over."""
    holder: str
    is_mine: bool
    decision: str
    decided_by: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.state == OPEN


def rows(
    entries: Iterable[Entry], member: Member, branches: Branches, words: Mapping[str, Any], now: datetime
) -> list[Row]:
    """Entries for a member, in his language and by his clock."""
    zone = zone_of(member, branches)
    names = {code: branch.name for code, branch in branches.items()}
    return [_row(entry, member.name, names, words["ages"], _Now(now, zone)) for entry in entries]


class _Now(NamedTuple):
    at: datetime
    zone: tzinfo


def _row(entry: Entry, me: str, branches: Mapping[str, str], units: Mapping[str, str], present: _Now) -> Row:
    case, now = entry.case, present.at
    holder = case.claimed_by if case.held(now) else ""
    is_open = case.state == OPEN
    return Row(
        key=case.id,
        ref=case.reference,
        case=case.long_reference,
        kind=case.kind,
        branch=branches.get(case.branch, case.branch),
        channel=case.address.channel,
        state=case.state,
        account=mask(entry.account) if entry.account else sender(case.address),
        excerpt=values(entry.values) or excerpt(case.text, entry),
        age=age(case.opened_at, now, units),
        opened_ms=_ms(case.opened_at),
        due=moment(case.due_at, now, present.zone),
        due_ms=_ms(case.due_at),
        is_overdue=is_open and case.due_at <= now,
        is_soon=is_open and _is_soon(case, now),
        holder=holder,
        is_mine=holder == me,
        decision=case.decision,
        decided_by=case.decided_by,
    )


def _is_soon(case: Case, now: datetime) -> bool:
    return case.opened_at + (case.due_at - case.opened_at) / 2 <= now < case.due_at


def age(since: datetime, now: datetime, units: Mapping[str, str]) -> str:
    """`3 h`: in the largest unit that is full, minutes at least."""
    span = max(now - since, timedelta())
    for unit, name in _UNITS:
        if span >= unit:
            return f"{span // unit}\u00a0{units[name]}"
    return f"0\u00a0{units['min']}"


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`14:30` today, `23.11 14:30` on another day."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%d.%m %H:%M}"


def hide(text: str, *known: str | None, ours: bool = False) -> str:
    """A text with its long numbers masked: those known of its account, and whatever looks like another's.

    In what we have written ourselves, other numbers are the branch's telephones and examples.
    """
    for number in filter(None, known):
        text = text.replace(number, mask(number))
    return text if ours else _NUMBER.sub(lambda found: mask(re.sub(r"\D", "", found[0])), text)


def excerpt(text: str, entry: Entry) -> str:
    """The beginning of a message on one line, its long numbers masked."""
    line = " ".join(text.split())
    line = hide(line, entry.account, entry.serial)
    return line if len(line) <= EXCERPT else f"{line[: EXCERPT - 1].rstrip()}…"


def zone_of(member: Member, branches: Branches) -> tzinfo:
    """By whose clock he reads: his first branch's, or the first of all."""
    zones = [branch.timezone for code, branch in branches.items() if code in member.branches]
    return zones[0] if zones else next(iter(branches.values())).timezone


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)

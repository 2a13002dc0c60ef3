"""Which part of the queue somebody wants to see: read from an address, kept as a preference, given to the service."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from core.domain.staff import Member
from core.storage.cases import CLOSED, OPEN, Filters

STATES: Final = ("open", "free", "mine", "claimed", "decided")
AGES: Final = ("", "hour", "day", "older", "overdue")
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PREFERENCE: Final = "queue"
LONGEST: Final = 100
"""Letters of a filter or a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The filters of the list, as the address has them; what is empty lets all pass."""

    state: str = STATES[0]
    kind: str = ""
    branch: str = ""
    channel: str = ""
    age: str = ""
    search: str = ""

    @property
    def is_decided(self) -> bool:
        """Whether it asks for cases that are done with."""
        return self.state == "decided"

    @property
    def narrows(self) -> bool:
        """Whether it lets fewer pass than all open cases."""
        return self != Wanted()

    def query(self, **changed: str) -> str:
        """As the query of an address. Never empty: an empty one stands for what is remembered."""
        values = asdict(replace(self, **changed))
        return urlencode({name: value for name, value in values.items() if value})

    def filters(self, member: Member, now: datetime) -> Filters:
        """For the service: only what the member may see."""
        opened_after, opened_before = _span(self.age, now)
        return Filters(
            branch=self.branch,
            branches=member.branches,
            kind=self.kind,
            channel=self.channel,
            state=CLOSED if self.is_decided else OPEN,
            claimed_by=member.name if self.state == "mine" else "",
            free=self.state == "free",
            held=self.state == "claimed",
            opened_after=opened_after,
            opened_before=opened_before,
            due_before=now if self.age == "overdue" and not self.is_decided else None,
            search=self.search,
            at=now,
        )


def _span(age: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when on, and before when, a case of this age was opened; the same bounds as the counts have."""
    instant = timedelta(microseconds=1)
    spans = {
        "hour": (now - HOUR + instant, None),
        "day": (now - DAY + instant, now - HOUR + instant),
        "older": (None, now - DAY + instant),
    }
    return spans.get(age, (None, None))


def read(values: Mapping[str, str]) -> Wanted:
    """From an address or a form. What is unknown there is as if it were not given."""
    found = {name: " ".join(values.get(name, "").split())[:LONGEST] for name in asdict(Wanted())}
    if found["state"] not in STATES:
        found["state"] = STATES[0]
    if found["age"] not in AGES:
        found["age"] = ""
    return Wanted(**found)


def remembered(member: Member) -> Wanted:
    """What he has asked to begin with."""
    return read(dict(parse_qsl(member.preferences.get(PREFERENCE, ""))))


def to_remember(wanted: Wanted) -> str:
    """The same as a preference; what was searched for is personal, and not for keeping."""
    return wanted.query(search="")

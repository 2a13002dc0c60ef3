"""What the page shows beside the phone: counters, cases and the branches' calendars, read from the database."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core.domain.accounts import Branch, Branches
from core.domain.decisions import HAND_OVER
from core.domain.readings import Status
from core.domain.windows import local_day, place
from core.storage.cases import Entry, Filters, page
from core.storage.statistics import backlog
from core.storage.tables import reading

CASES: Final = 40
"""The newest ones; a visitor will not make more."""


def board(connection: Connection, branches: Branches, now: datetime) -> dict[str, Any]:
    """Everything, for the page's JSON."""
    cases = page(connection, Filters(state=""), CASES, newest=True)
    return {
        "counters": _counters(connection),
        "cases": [_case(entry) for entry in reversed(cases)],
        "branches": [_calendar(branch, now) for branch in branches.values()],
    }


def _counters(connection: Connection) -> dict[str, int]:
    found = connection.execute(select(reading.c.status, func.count()).group_by(reading.c.status))
    by_status = {str(status): int(number) for status, number in found}

    def total(statuses: Iterable[Status]) -> int:
        return sum(by_status.get(status.value, 0) for status in statuses)

    return {
        "accepted": total((Status.ACCEPTED, Status.EXPORTED)),
        "in_review": total((Status.IN_REVIEW,)),
        "asked": total((Status.NEEDS_CONFIRMATION,)),
        "outbox": sum(depth.count for depth in backlog(connection).outbox),
    }


def _case(entry: Entry) -> dict[str, Any]:
    case = entry.case
    return {
        "id": str(case.id),
        "reference": case.reference,
        "kind": case.kind,
        "branch": case.branch,
        "account": entry.account,
        "sender": case.address.external_id if case.kind == HAND_OVER else "",
        "text": case.text,
        "consumption": entry.consumption,
        "opened_at": _milliseconds(case.opened_at),
        "state": case.state,
        "decision": case.decision,
        "decided_by": case.decided_by,
    }


def _calendar(branch: Branch, now: datetime) -> dict[str, Any]:
    placement = place(branch, now)
    return {
        "code": branch.code,
        "name": branch.name,
        "timezone": str(branch.timezone),
        "today": local_day(branch, now).isoformat(),
        "window": list(branch.window),
        "open": placement.inside,
        "month": placement.period % 100,
    }


def _milliseconds(moment: datetime) -> int:
    """As JavaScript counts time."""
    return int(moment.timestamp() * 1000)

"""Failed sign-ins of the staff: counted before they are looked at, forgiven when they were right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from core.domain.staff import FORGOTTEN, Patience
from core.storage.tables import staff_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """A count of failures that an attempt adds to before it is made."""

    subject: str
    patience: Patience


def pay(connection: Connection, tolls: Sequence[Toll], now: datetime) -> datetime | None:
    """Count an attempt as failed before it is made, so that attempts at the same time do not slip through.

    Returns until when to wait, and counts nothing then; None if the attempt may be made. `refund` takes it back.
    """
    connection.execute(delete(staff_attempt).where(staff_attempt.c.failed_at <= now - FORGOTTEN))
    counts = {toll.subject: _count(connection, toll.subject) for toll in tolls}
    waits = [at + toll.patience.wait(failures) for toll in tolls for failures, at in [counts[toll.subject]] if at]
    if waits and max(waits) > now:
        return max(waits)
    for name, (failures, at) in counts.items():
        values = {"failures": failures + 1, "failed_at": now}
        if at is None:
            connection.execute(staff_attempt.insert().values(subject=name, **values))
        else:
            connection.execute(update(staff_attempt).where(staff_attempt.c.subject == name).values(**values))
    return None


def refund(connection: Connection, *subjects: str) -> None:
    """Take one failure back: the attempt was none."""
    mine = staff_attempt.c.subject.in_(subjects)
    connection.execute(update(staff_attempt).where(mine).values(failures=staff_attempt.c.failures - 1))
    connection.execute(delete(staff_attempt).where(mine, staff_attempt.c.failures <= 0))


def forgive(connection: Connection, *subjects: str) -> None:
    """Begin anew: it was the right one."""
    connection.execute(delete(staff_attempt).where(staff_attempt.c.subject.in_(subjects)))


def _count(connection: Connection, name: str) -> tuple[int, datetime | None]:
    query = select(staff_attempt.c.failures, staff_attempt.c.failed_at).where(staff_attempt.c.subject == name)
    row = connection.execute(query).one_or_none()
    return (0, None) if row is None else (row.failures, row.failed_at)

"""Claims: who works on a case, and until when. One that ran out counts for nothing, so nobody has to clear it away."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, tuple_, update

from core.storage.cases.listing import conditions, is_free
from core.storage.cases.types import OPEN, Case, Filters, to_case
from core.storage.sets import constant
from core.storage.tables import case


def claim(
    connection: Connection, key: int, moderator: str, until: datetime, now: datetime, *, override: bool
) -> Case | None:
    """Claim an open case, or hold one's own for longer; None where somebody else holds it, or it is closed.

    `override` takes it from whoever holds it.
    """
    statement = update(case).where(case.c.id == key, case.c.state == constant(OPEN))
    if not override:
        statement = statement.where(or_(case.c.claimed_by == moderator, is_free(now)))
    changed = statement.values(claimed_by=moderator, claimed_until=until).returning(*case.c)
    row = connection.execute(changed).one_or_none()
    return None if row is None else to_case(row)


def claim_next(
    connection: Connection, moderator: str, filters: Filters, until: datetime, now: datetime, *, after: Case | None
) -> Case | None:
    """Claim the most urgent free case behind `after`, in one statement; None where there is none."""
    chosen = select(case.c.id).where(*conditions(filters), case.c.state == constant(OPEN), is_free(now))
    order = (case.c.priority, case.c.due_at, case.c.id)
    if after is not None:
        chosen = chosen.where(tuple_(*order) > (after.priority, after.due_at, after.id))
    best = chosen.order_by(*order).limit(1).scalar_subquery()
    statement = update(case).where(case.c.id == best).values(claimed_by=moderator, claimed_until=until)
    row = connection.execute(statement.returning(*case.c)).one_or_none()
    return None if row is None else to_case(row)


def release(connection: Connection, key: int, moderator: str, now: datetime, *, override: bool) -> bool:
    """Let a case go; False where the moderator does not hold it."""
    statement = update(case).where(case.c.id == key, case.c.state == constant(OPEN), case.c.claimed_until > now)
    if not override:
        statement = statement.where(case.c.claimed_by == moderator)
    return bool(connection.execute(statement.values(claimed_by="", claimed_until=None)).rowcount)

"""What an export of readings reads and marks. Runs inside a transaction of its caller, on SQLite and on PostgreSQL."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from core.domain.readings import Status
from core.storage.tables import account, meter, reading

PAGE: Final = 1000
_COUNTING: Final = (Status.ACCEPTED.value, Status.EXPORTED.value)


class ExportRow(NamedTuple):
    """A reading that counts, as far as billing wants to know."""

    id: int
    account: str
    meter: str
    branch: str
    period: int
    t1: int
    t2: int | None
    t3: int | None
    sent_at: datetime
    channel: str
    code: str
    status: str
    consumption: int | None


def readings_of(connection: Connection, period: int, branch: str | None) -> Iterator[list[ExportRow]]:
    """The readings of a period (`YYYYMM`) that count, one for each meter, in pages, in the order of their keys.

    A single statement, hence one consistent snapshot, streamed.
    """
    later = reading.alias("later")
    newer = exists().where(
        later.c.meter_id == reading.c.meter_id,
        later.c.period == reading.c.period,
        later.c.status.in_(_COUNTING),
        or_(
            later.c.sent_at > reading.c.sent_at,
            (later.c.sent_at == reading.c.sent_at) & (later.c.id > reading.c.id),
        ),
    )
    statement = (
        select(
            reading.c.id,
            account.c.number,
            meter.c.serial,
            account.c.branch,
            reading.c.period,
            reading.c.t1,
            reading.c.t2,
            reading.c.t3,
            reading.c.sent_at,
            reading.c.channel,
            reading.c.code,
            reading.c.status,
            reading.c.consumption,
        )
        .join_from(reading, account, reading.c.account_id == account.c.id)
        .join(meter, reading.c.meter_id == meter.c.id)
        .where(reading.c.period == period, reading.c.status.in_(_COUNTING), ~newer)
        .order_by(reading.c.id)
    )
    if branch is not None:
        statement = statement.where(account.c.branch == branch)
    result = connection.execute(statement, execution_options={"yield_per": PAGE})
    for page in result.partitions():
        yield [ExportRow._make(row) for row in page]


def mark_exported(connection: Connection, ids: Collection[int]) -> int:
    """Mark readings that are still accepted; how many were. A later correction then goes to a moderator."""
    chosen: ColumnElement[bool]
    listed: Any
    if connection.dialect.name == "sqlite":
        values = func.json_each(bindparam("listed", type_=Text)).table_valued("value")
        chosen, listed = reading.c.id.in_(select(values.c.value)), json.dumps(list(ids))
    else:
        chosen, listed = reading.c.id == any_(bindparam("listed", type_=ARRAY(BigInteger))), list(ids)
    statement = update(reading).where(chosen, reading.c.status == Status.ACCEPTED.value)
    return connection.execute(statement.values(status=Status.EXPORTED.value), {"listed": listed}).rowcount

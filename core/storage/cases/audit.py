"""The audit log: rows are added, and read. Nothing here changes or drops one; age does (`core.storage.retention`)."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from core.domain.keys import reference
from core.storage.cases.types import Record
from core.storage.tables import audit, case

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def write(connection: Connection, records: Iterable[Record]) -> None:
    """Add lines, in the transaction of what they tell of."""
    rows = [_row(record) for record in records]
    if rows:
        connection.execute(insert(audit), rows)


def records(
    connection: Connection, *, case_id: int | None = None, who: str = "", what: str = "", limit: int, before: int = 0
) -> list[Record]:
    """The latest lines, the newest first; `before` is the key of the last line seen, to go on behind it."""
    query = select(audit, case.c.reading_id).outerjoin_from(audit, case, case.c.id == audit.c.case_id)
    query = query.order_by(audit.c.id.desc()).limit(limit)
    if case_id is not None:
        query = query.where(audit.c.case_id == case_id)
    wanted = {audit.c.who: who, audit.c.what: what}
    query = query.where(*(column == value for column, value in wanted.items() if value))
    if before:
        query = query.where(audit.c.id < before)
    return [to_record(row) for row in connection.execute(query)]


def to_record(row: Row[Any]) -> Record:
    """A row of the log, with its case's reading."""
    return Record(
        id=row.id,
        at=row.at,
        who=row.who,
        skin=row.skin,
        what=row.what,
        case_id=row.case_id,
        old=json.loads(row.old or "{}"),
        new=json.loads(row.new or "{}"),
        reference="" if row.case_id is None else reference(row.reading_id or row.case_id),
    )


def _row(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "at": record.at,
        "who": record.who,
        "skin": record.skin,
        "what": record.what,
        "case_id": record.case_id,
        "old": _encode(dict(record.old)) if record.old else "",
        "new": _encode(dict(record.new)) if record.new else "",
    }

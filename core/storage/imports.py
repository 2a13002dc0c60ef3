"""What an import reads and writes: set-based, a chunk at a time, plain tuples past SQLAlchemy's cost per row.

Every function runs inside a transaction of its caller, on SQLite and on PostgreSQL.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Dialect,
    String,
    Table,
    Text,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from core.storage.tables import account, account_alias, meter

Transaction: TypeAlias = Connection
"""What the functions below run in; for callers that know no SQLAlchemy."""

FIRST_LOAD_PAGES: Final = 16_000


class AccountRow(NamedTuple):
    """What billing says about an account. The order is that of the statements below."""

    number: str
    number_key: str
    branch: str
    address: str
    phone: str | None
    balance: int | None
    balance_date: date | None
    bill_code: str
    tariff: str
    residents: int | None


class MeterRow(NamedTuple):
    """What billing says about a meter."""

    account_id: int
    serial: str
    serial_key: str
    zones: int
    digits: int
    ratio: int
    t1: int
    t2: int | None
    t3: int | None
    read_on: date
    verification_due: date | None
    automatic: bool


class KnownAccount(NamedTuple):
    """An account on file."""

    id: int
    closed_on: date | None
    row: AccountRow


class KnownMeter(NamedTuple):
    """A meter on file."""

    id: int
    closed_on: date | None
    row: MeterRow


class OpenMeter(NamedTuple):
    """A meter that is not closed, as far as closing needs it."""

    id: int
    account_id: int
    serial_key: str


def accounts_on_file(connection: Connection, keys: Collection[str]) -> dict[str, KnownAccount]:
    """The accounts with these search keys."""
    columns = [account.c[name] for name in AccountRow._fields]
    statement = select(account.c.id, account.c.closed_on, *columns)
    rows = connection.execute(statement.where(_among(connection, account.c.number_key)), _list(connection, keys))
    return {row[3]: KnownAccount(row[0], row[1], AccountRow._make(row[2:])) for row in rows}


def aliases_on_file(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """The accounts that had these search keys before."""
    statement = select(account_alias.c.old_key, account_alias.c.account_id)
    rows = connection.execute(statement.where(_among(connection, account_alias.c.old_key)), _list(connection, keys))
    return dict(rows.all())


def account_ids(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """The accounts with these search keys, present or former."""
    statement = select(account.c.number_key, account.c.id).where(_among(connection, account.c.number_key))
    found = dict(connection.execute(statement, _list(connection, keys)).all())
    missing = [key for key in keys if key not in found]
    return found | aliases_on_file(connection, missing) if missing else found


def meters_on_file(connection: Connection, ids: Collection[int]) -> dict[tuple[int, str], KnownMeter]:
    """All meters of these accounts, by account and search key."""
    columns = [meter.c[name] for name in MeterRow._fields]
    statement = select(meter.c.id, meter.c.closed_on, *columns)
    rows = connection.execute(statement.where(_among(connection, meter.c.account_id)), _list(connection, ids))
    return {(row[2], row[4]): KnownMeter(row[0], row[1], MeterRow._make(row[2:])) for row in rows}


def count_accounts(connection: Connection) -> dict[str, int]:
    """How many open accounts each branch has."""
    statement = select(account.c.branch, func.count()).where(account.c.closed_on.is_(None)).group_by(account.c.branch)
    return {row[0]: row[1] for row in connection.execute(statement)}


def count_open_meters(connection: Connection) -> int:
    """How many meters are not closed."""
    return connection.execute(select(func.count()).where(meter.c.closed_on.is_(None))).scalar_one()


def has_no_accounts(connection: Connection) -> bool:
    """Whether there are neither accounts nor former numbers."""
    return connection.execute(select(account.c.id).limit(1)).first() is None


def has_no_meters(connection: Connection) -> bool:
    """Whether there is no meter, closed or open."""
    return connection.execute(select(meter.c.id).limit(1)).first() is None


def prepare_first_load(connection: Connection) -> None:
    """Let SQLite's log grow to 64 MB before it is copied back: measured, a million accounts take 13 s instead of 34.

    Their telephones stand in the index at random, so each chunk touches nearly all of its pages, and copying back
    after every chunk writes them again and again. Only for an empty database: beside a service that works, we would
    leave it a large log to copy, in the middle of its messages. It ends with the connection.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {FIRST_LOAD_PAGES}")


def open_meters(connection: Connection, account_ids: Collection[int]) -> list[OpenMeter]:
    """The meters of these accounts that are not closed."""
    statement = select(meter.c.id, meter.c.account_id, meter.c.serial_key)
    statement = statement.where(_among(connection, meter.c.account_id), meter.c.closed_on.is_(None))
    return [OpenMeter._make(row) for row in connection.execute(statement, _list(connection, account_ids))]


def add_accounts(connection: Connection, rows: Iterable[tuple[int, AccountRow]], run: int) -> None:
    """Write new accounts. One that another process has written meanwhile is updated and keeps its key."""
    _ADD_ACCOUNTS.run(connection, [(key, *row, None, run) for key, row in rows])


def change_accounts(connection: Connection, rows: Iterable[tuple[int, AccountRow]], run: int) -> None:
    """Write accounts on file anew, number included, and reopen them."""
    _CHANGE_ACCOUNTS.run(connection, [(*row, None, run, key) for key, row in rows])


def add_aliases(connection: Connection, rows: Sequence[tuple[str, str, int]]) -> None:
    """Write former numbers: search key, number, account."""
    _ADD_ALIASES.run(connection, rows)


def add_meters(connection: Connection, rows: Iterable[tuple[int, MeterRow]], run: int) -> None:
    """Write new meters. One that another process has written meanwhile is updated and keeps its key."""
    _ADD_METERS.run(connection, [(key, *row, None, run) for key, row in rows])


def change_meters(connection: Connection, rows: Iterable[tuple[int, MeterRow]], run: int) -> None:
    """Write meters on file anew and reopen them."""
    _CHANGE_METERS.run(connection, [(*row, None, run, key) for key, row in rows])


def close_meters(connection: Connection, keys: Collection[int], day: date, run: int) -> None:
    """Mark meters as replaced. Nothing is deleted: readings refer to them."""
    statement = update(meter).where(_among(connection, meter.c.id), meter.c.closed_on.is_(None))
    connection.execute(statement.values(closed_on=day, import_id=run), _list(connection, keys))


def _among(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """`column` is one of a list of any length, sent as a single parameter, so that the statement stays the same."""
    if connection.dialect.name == "sqlite":
        return column.in_(select(func.json_each(bindparam("listed", type_=Text)).table_valued("value").c.value))
    kind = BigInteger() if isinstance(column.type, BigInteger) else String()
    return column == any_(bindparam("listed", type_=ARRAY(kind)))


def _list(connection: Connection, values: Collection[Any]) -> dict[str, Any]:
    listed = list(values)
    return {"listed": json.dumps(listed, ensure_ascii=False) if connection.dialect.name == "sqlite" else listed}


class _Write:
    """A statement that is run with many tuples, in the order of `columns`."""

    def __init__(self, table: Table, build: Callable[[str, Table], Any], columns: tuple[str, ...]) -> None:
        self._table = table
        self._build = build
        self._columns = columns
        self._days = tuple(
            n for n, name in enumerate(columns) if name in table.c and isinstance(table.c[name].type, Date)
        )
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it, unless there are no rows."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            rows = self._with_text_days(rows)
        connection.exec_driver_sql(self.text(connection.dialect), list(rows))

    def text(self, dialect: Dialect) -> str:
        """The statement in the words of a database."""
        if dialect.name not in self._texts:
            compiled = self._build(dialect.name, self._table).compile(dialect=dialect)
            if tuple(compiled.positiontup) != self._columns:  # pragma: no cover - a mistake in this file
                raise AssertionError(f"{compiled.positiontup} are not in the order of {self._columns}")
            self._texts[dialect.name] = str(compiled)
        return self._texts[dialect.name]

    def _with_text_days(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """SQLite keeps days as ISO text; the adapter of Python's own driver is on its way out."""
        columns: list[Any] = list(zip(*rows, strict=True))
        for place in self._days:
            columns[place] = [None if day is None else day.isoformat() for day in columns[place]]
        return list(zip(*columns, strict=True))


def _upsert(dialect_name: str, table: Table) -> Any:  # noqa: ANN401 - the dialects' own Insert classes
    """INSERT; on a row that is there already UPDATE all but its primary key and what the constraint is about."""
    insert = sqlite.insert if dialect_name == "sqlite" else postgresql.insert
    statement = insert(table).values({column.name: bindparam(column.name) for column in table.columns})
    unique = _UNIQUE[table.name]
    others = [name for name in table.columns.keys() if name != "id" and name not in unique]  # noqa: SIM118 - by name
    return statement.on_conflict_do_update(
        index_elements=unique, set_={name: statement.excluded[name] for name in others}
    )


def _update(_dialect_name: str, table: Table) -> Any:  # noqa: ANN401 - as above
    values: dict[str, Any] = {name: bindparam(name) for name in table.columns.keys() if name != "id"}  # noqa: SIM118
    return update(table).where(table.c.id == bindparam("id_", type_=BigInteger)).values(values)


_UNIQUE: Final = {
    "account": ["number_key"],
    "account_alias": ["old_key"],
    "meter": ["account_id", "serial_key"],
}
_ADD_ACCOUNTS: Final = _Write(account, _upsert, tuple(account.columns.keys()))
_ADD_ALIASES: Final = _Write(account_alias, _upsert, tuple(account_alias.columns.keys()))
_ADD_METERS: Final = _Write(meter, _upsert, tuple(meter.columns.keys()))
_CHANGE_ACCOUNTS: Final = _Write(account, _update, (*account.columns.keys()[1:], "id_"))
_CHANGE_METERS: Final = _Write(meter, _update, (*meter.columns.keys()[1:], "id_"))

"""Sets in SQL that stay one statement however large they are: membership of a list, and the insert of many rows.

A list travels as one parameter (JSON on SQLite, an array on PostgreSQL), so the text of a statement never changes with
its size: nothing is compiled anew, and PostgreSQL keeps its plan. docs/decisions/0001-set-based-batches.md has figures.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    String,
    Table,
    bindparam,
    literal_column,
    null,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

POSTGRESQL: Final = "postgresql"
Rows = list[tuple[Any, ...]]


class _ListOf(TypeDecorator[Sequence[Any]]):
    """A list as one parameter: an array where there are arrays, else JSON."""

    impl = String
    cache_ok = True

    def __init__(self, item: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """What the driver is told."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == POSTGRESQL else String())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:  # noqa: ANN401 - see below
        """What the driver is given."""
        return self.bound(list(value or ()), dialect)

    @staticmethod
    def bound(value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 - a list becomes what its driver takes, the rest stays
        """The same for a statement that goes to the driver as text."""
        return json.dumps(value) if isinstance(value, list) and dialect.name != POSTGRESQL else value


class _Among(FunctionElement[Any]):
    """`_Among(column, list)`: the column's value is in the list."""

    name = "among"
    # Not Boolean: SQLAlchemy would compare that with 1 on SQLite, and the index would not be used.
    type = NullType()
    inherit_cache = True


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    column, listed = element.clauses
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({compiler.process(listed, **kw)}))"  # noqa: S608 - our own


@compiles(_Among, POSTGRESQL)
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - the same
    column, listed = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(listed, **kw)})"


def among(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column of text or of whole numbers has one of the values of the list `parameter`."""
    item: type[TypeEngine[Any]] = String if isinstance(column.type, String) else BigInteger
    member: ColumnElement[bool] = _Among(column, bindparam(parameter, type_=_ListOf(item)))
    return member


def constant(value: str | int) -> ColumnElement[Any]:
    """A value of ours that stands in the statement itself.

    A partial index is used only where its condition stands in the statement: of a parameter the planner knows nothing.
    """
    return literal_column(str(value) if isinstance(value, int) else f"'{value}'", type_=null().type)


def send(connection: Connection, sql: str, parameters: tuple[Any, ...] | Rows) -> Sequence[Sequence[Any]]:
    """The rows that a statement gives, as the driver hands them over; a list of parameters is an `executemany`.

    On SQLite the writer's driver gets it from us: SQLAlchemy takes some 30 µs for a statement, and a batch has a dozen.
    Whoever listens to the engine's statements, and whoever catches its errors, does not see the difference.
    """
    if connection.dialect.driver != "pysqlite":
        result = connection.exec_driver_sql(sql, parameters)
        return result.all() if result.returns_rows else ()
    driver: Any = connection.connection.driver_connection
    many = isinstance(parameters, list)
    connection.dispatch.before_cursor_execute(connection, None, sql, parameters, None, many)
    try:
        return list(driver.executemany(sql, parameters) if many else driver.execute(sql, parameters))
    except sqlite3.Error as problem:
        raise DBAPIError.instance(sql, None, problem, sqlite3.Error, hide_parameters=True) from problem


class _Prepared:
    """A statement that is compiled once for each kind of database, and then goes to the driver as text."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...]]] = {}

    def _for(self, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
        """Its text, and the names of its parameters in their order."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            made: Any = self._statement.compile(dialect=dialect)
            compiled = self._compiled[dialect.name] = str(made), tuple(made.positiontup or ())
        return compiled


class Query(_Prepared):
    """A select whose rows come as the database keeps them.

    Moments come as microseconds, and on SQLite days as ISO text and truths as 0 or 1: nothing is converted that the
    caller may not need.
    """

    def rows(self, connection: Connection, **parameters: Any) -> Sequence[Sequence[Any]]:  # noqa: ANN401 - as bound
        """Run it. Parameters are lists for `among`, or what the driver takes."""
        dialect = connection.dialect
        sql, names = self._for(dialect)
        bound = tuple([_ListOf.bound(parameters[name], dialect) for name in names])
        return send(connection, sql, bound)


class Change(_Prepared):
    """An update or a delete. Values are as the driver takes them (moments as microseconds)."""

    def once(self, connection: Connection, **parameters: Any) -> None:  # noqa: ANN401 - as bound
        """Run it for all rows that lists for `among` name."""
        dialect = connection.dialect
        sql, names = self._for(dialect)
        send(connection, sql, tuple([_ListOf.bound(parameters[name], dialect) for name in names]))

    def each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of `rows`, one statement of the driver's `executemany`; every row has all parameters."""
        sql, names = self._for(connection.dialect)
        send(connection, sql, list(map(itemgetter(*names), rows)))


def insert_rows(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Rows,
    *,
    replacing: tuple[str, ...] = (),
) -> None:
    """Insert many rows with one statement. Values are as the driver takes them (moments as microseconds).

    SQLite runs a prepared insert per row inside the driver; PostgreSQL gets one array per column. `replacing` names the
    columns of a unique key: a row that has it already gets the other values. No two of `rows` may share it.
    """
    if not rows:
        return
    instead = _instead(columns, replacing)
    if connection.dialect.name == POSTGRESQL:
        send(connection, _unnested(table, columns) + instead, tuple(_columnwise(rows)))
    else:
        send(connection, _plain(table, columns) + instead, rows)


def insert_together(connection: Connection, *inserts: tuple[Table, tuple[str, ...], Rows]) -> None:
    """Insert into several tables: on PostgreSQL with one statement, so that it costs one round trip."""
    filled = [(table, columns, rows) for table, columns, rows in inserts if rows]
    if connection.dialect.name != POSTGRESQL:
        for table, columns, rows in filled:
            insert_rows(connection, table, columns, rows)
    elif filled:
        statement = _unnested_together(tuple([(table, columns) for table, columns, _ in filled]))
        send(connection, statement, tuple([values for *_, rows in filled for values in _columnwise(rows)]))


@lru_cache
def _instead(columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    if not key:
        return ""
    values = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {values}"


@lru_cache
def _plain(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own


@lru_cache
def _unnested(table: Table, columns: tuple[str, ...], before: int = 0) -> str:
    """`before`: how many parameters of the statement come before these."""
    dialect = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped
    arrays = [
        f"${number}::{table.c[name].type.compile(dialect=dialect)}[]"
        for number, name in enumerate(columns, start=before + 1)
    ]
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({', '.join(arrays)})"  # noqa: S608 - our own


@lru_cache
def _unnested_together(kinds: tuple[tuple[Table, tuple[str, ...]], ...]) -> str:
    inserts, before = [], 0
    for table, columns in kinds:
        inserts.append(_unnested(table, columns, before))
        before += len(columns)
    named = ", ".join(f"i{number} AS ({insert})" for number, insert in enumerate(inserts[:-1]))
    return f"WITH {named} {inserts[-1]}" if named else inserts[-1]


def _columnwise(rows: Rows) -> list[list[Any]]:
    return [list(values) for values in zip(*rows, strict=True)]

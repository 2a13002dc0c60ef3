"""Sets in SQL that stay one statement however large they are: membership of a list, and the insert of many rows.

A list travels as one parameter (JSON on SQLite, an array on PostgreSQL), so the text of a statement never changes with
its size: nothing is compiled anew, and PostgreSQL keeps its plan. docs/decisions/0001-set-based-batches.md has figures.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Dialect, String, Table, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

POSTGRESQL: Final = "postgresql"


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

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> list[Any] | str:
        """What the driver is given."""
        items = list(value or ())
        return items if dialect.name == POSTGRESQL else json.dumps(items)


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


def insert_rows(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows with one statement. Values are as the driver takes them (moments as microseconds).

    SQLite runs a prepared insert per row inside the driver; PostgreSQL gets one array per column.
    """
    if not rows:
        return
    if connection.dialect.name == POSTGRESQL:
        columnwise = tuple(list(values) for values in zip(*rows, strict=True))
        connection.exec_driver_sql(_unnested(table, columns), columnwise)
    else:
        connection.exec_driver_sql(_plain(table, columns), [tuple(row) for row in rows])


@lru_cache
def _plain(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own


@lru_cache
def _unnested(table: Table, columns: tuple[str, ...]) -> str:
    dialect = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy leaves it untyped
    arrays = [
        f"${number}::{table.c[name].type.compile(dialect=dialect)}[]" for number, name in enumerate(columns, start=1)
    ]
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM unnest({', '.join(arrays)})"  # noqa: S608 - our own

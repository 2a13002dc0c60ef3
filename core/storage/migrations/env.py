"""Alembic's entry: runs the migrations on the connection that `core.storage.migrate` hands over."""

from typing import Literal

from alembic import context

from core.storage.tables import Instant, metadata


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our own type as what it is in the database: a migration must not change when our code does."""
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Instant) else False


connection = context.config.attributes["connection"]
# SQLite cannot alter most things in place: batch mode copies the table.
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()

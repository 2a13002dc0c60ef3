"""Accounts have a group of the price lists, and a number of residents."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # Not in a batch: SQLite adds a column to a million rows at once, and would copy them all in a batch.
    op.add_column("account", sa.Column("tariff", sa.String(length=40), server_default="", nullable=False))
    op.add_column("account", sa.Column("residents", sa.SmallInteger(), nullable=True))

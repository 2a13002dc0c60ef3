"""Autopay: what subscribers have agreed to, and each month's charge."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("payment_page", schema=None) as batch_op:
        batch_op.add_column(sa.Column("autopay_id", KEY, nullable=True))
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("autopay_id", KEY, nullable=True))
    op.create_table(
        "autopay",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("account_number", sa.String(length=40), nullable=False),
        sa.Column("branch", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("consent", sa.String(length=20), nullable=False),
        sa.Column("consent_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=200), server_default="", nullable=False),
        sa.Column("label", sa.String(length=60), server_default="", nullable=False),
        sa.Column("first_month", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(length=20), server_default="", nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_autopay_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay")),
    )
    with op.batch_alter_table("autopay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_autopay_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_autopay_external_id"), ["external_id"], unique=False)
        batch_op.create_index("ix_autopay_state_branch_day", ["state", "branch", "day"], unique=False)
        batch_op.create_index(
            "uq_autopay_live",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('active', 'paused')"),
            postgresql_where=sa.text("state IN ('active', 'paused')"),
        )
    op.create_table(
        "autopay_charge",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("autopay_id", KEY, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=15), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("amount", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["autopay_id"], ["autopay.id"], name=op.f("fk_autopay_charge_autopay_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_autopay_charge")),
        sa.UniqueConstraint("autopay_id", "month", name=op.f("uq_autopay_charge_autopay_id_month")),
    )
    with op.batch_alter_table("autopay_charge", schema=None) as batch_op:
        batch_op.create_index("ix_autopay_charge_state_due_at", ["state", "due_at"], unique=False)

"""The moderation desk: priorities, claims and versions of cases, the audit log, bulk decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HOUR = 3_600_000_000

WAITS = {"operator": 2, "hand_over": 4, "failed_event": 4}
LATER = {"undelivered": 48, "verification_expired": 72}
SOONER = {"correction_after_export": 12, "payment_mismatch": 4}


def upgrade() -> None:
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("priority", sa.SmallInteger(), server_default="2", nullable=False))
        batch_op.add_column(sa.Column("due_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("claimed_by", sa.String(length=60), server_default="", nullable=False))
        batch_op.add_column(sa.Column("claimed_until", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    _rank_cases()
    with op.batch_alter_table("moderation_case", schema=None) as batch_op:
        # With it, SQLite sorts all open cases rather than walk the index of the queue.
        batch_op.drop_index("ix_moderation_case_state_opened_at")
        batch_op.create_index("ix_moderation_case_opened_at", ["opened_at"], unique=False)
        batch_op.create_index("ix_moderation_case_external_id", ["external_id"], unique=False)
        batch_op.create_index("ix_moderation_case_closed_at", ["closed_at"], unique=False)
        batch_op.create_index(
            "ix_moderation_case_queue",
            ["priority", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
    op.create_table(
        "audit",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("skin", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("old", sa.Text(), server_default="", nullable=False),
        sa.Column("new", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_audit_who_id", ["who", "id"], unique=False)
    op.create_table(
        "bulk",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("undo_until", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk")),
    )
    op.create_table(
        "bulk_item",
        sa.Column("bulk_id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("outbox_id", KEY, nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bulk_id"], ["bulk.id"], name=op.f("fk_bulk_item_bulk_id")),
        sa.PrimaryKeyConstraint("bulk_id", "case_id", name=op.f("pk_bulk_item")),
    )


def _rank_cases() -> None:
    """The cases there are get the place that `core.domain.cases` gave their kinds when this was written."""
    case = sa.table(
        "moderation_case",
        sa.column("kind", sa.String),
        sa.column("opened_at", sa.BigInteger),
        sa.column("priority", sa.SmallInteger),
        sa.column("due_at", sa.BigInteger),
    )
    op.execute(sa.update(case).values(due_at=case.c.opened_at + 24 * HOUR))
    for priority, kinds in ((1, WAITS), (2, SOONER), (3, LATER)):
        for kind, hours in kinds.items():
            ranked = {"priority": priority, "due_at": case.c.opened_at + hours * HOUR}
            op.execute(sa.update(case).where(case.c.kind == kind).values(ranked))

"""Orders of payments: pages that lead to them, what providers were asked, and what they told us."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "payment_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_notice")),
        sa.UniqueConstraint("key", "provider", name=op.f("uq_payment_notice_key_provider")),
    )
    op.create_table(
        "payment_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("branch", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), server_default="", nullable=False),
        sa.Column("external_id", sa.String(length=100), server_default="", nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("method", sa.String(length=30), server_default="", nullable=False),
        sa.Column("provider_id", sa.String(length=100), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt_url", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payment_order_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_order")),
    )
    with op.batch_alter_table("payment_order", schema=None) as batch_op:
        batch_op.create_index("ix_payment_order_account_id_state", ["account_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_order_external_id"), ["external_id"], unique=False)
        batch_op.create_index(
            "uq_payment_order_open",
            ["account_id", "amount"],
            unique=True,
            sqlite_where=sa.text("state IN ('created', 'pending')"),
            postgresql_where=sa.text("state IN ('created', 'pending')"),
        )

    op.create_table(
        "payment_page",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_payment_page_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_payment_page")),
    )
    with op.batch_alter_table("payment_page", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_page_external_id"), ["external_id"], unique=False)

    op.create_table(
        "payment_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=30), server_default="", nullable=False),
        sa.Column("email", sa.String(length=200), server_default="", nullable=False),
        sa.Column("return_url", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_id", sa.String(length=100), server_default="", nullable=False),
        sa.Column("pay_url", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("doubted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("looks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["payment_order.id"], name=op.f("fk_payment_attempt_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_attempt_key")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_payment_attempt_order_id_number")),
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_attempt_look_at",
            ["look_at"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
        batch_op.create_index("ix_payment_attempt_provider_id", ["provider_id"], unique=False)

"""Staff accounts: passwords, sessions, one-time links, known browsers, failed sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password", sa.String(length=200), server_default="", nullable=False),
        sa.Column("totp_secret", sa.String(length=64), server_default="", nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("branches", sa.Text(), server_default="[]", nullable=False),
        sa.Column("language", sa.String(length=5), server_default="", nullable=False),
        sa.Column("preferences", sa.Text(), server_default="{}", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
    )
    op.create_table(
        "staff_session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("rotated_from", sa.String(length=64), server_default="", nullable=False),
        sa.Column("user_agent", sa.String(length=100), server_default="", nullable=False),
        sa.Column("totp_offer", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_session_staff_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_session"),
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"])
    op.create_index("ix_staff_session_expires_at", "staff_session", ["expires_at"])
    op.create_table(
        "staff_invite",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_invite_staff_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_invite"),
    )
    op.create_index("ix_staff_invite_staff_id", "staff_invite", ["staff_id"])
    op.create_table(
        "staff_device",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_device_staff_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_device"),
    )
    op.create_index("ix_staff_device_staff_id", "staff_device", ["staff_id"])
    op.create_table(
        "staff_attempt",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_staff_attempt"),
    )

"""The staff chat: who is who in the messenger, and what was posted to the group."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff_chat_link",
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_chat_link_staff_id")),
        sa.PrimaryKeyConstraint("external_id", "channel", name=op.f("pk_staff_chat_link")),
        sa.UniqueConstraint("staff_id", "channel", name=op.f("uq_staff_chat_link_staff_id_channel")),
    )
    op.create_table(
        "staff_chat_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_chat_code_staff_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_chat_code")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_staff_chat_code_staff_id")),
    )
    op.create_table(
        "staff_chat_move",
        sa.Column("chat", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("moved_to", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("chat", "channel", name=op.f("pk_staff_chat_move")),
    )
    op.create_table(
        "staff_post",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("chat", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=40), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("shown_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_post")),
        sa.UniqueConstraint("case_id", "chat", "channel", name=op.f("uq_staff_post_case_id_chat_channel")),
    )
    with op.batch_alter_table("staff_post", schema=None) as batch_op:
        batch_op.create_index("ix_staff_post_state_changed_at", ["state", "changed_at"], unique=False)

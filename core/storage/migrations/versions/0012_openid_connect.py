"""OpenID Connect: who of the staff is who at an issuer, and browsers on their way to it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff_oidc_link",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_oidc_link_staff_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_staff_oidc_link")),
        sa.UniqueConstraint("staff_id", "issuer", name=op.f("uq_staff_oidc_link_staff_id_issuer")),
    )
    op.create_table(
        "staff_oidc_journey",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("following", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_staff_oidc_journey")),
    )
    with op.batch_alter_table("staff_oidc_journey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_oidc_journey_expires_at"), ["expires_at"], unique=False)

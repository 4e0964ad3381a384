"""Bundles, and which of them each service of a council shows."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import secure_rows

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("council", "id", name="pk_bundle"),
    )
    op.create_index("uq_bundle_content", "bundle", ["council", "service", "digest"], unique=True)
    op.create_table(
        "live_service",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("bundle", sa.Uuid, nullable=False),
        sa.Column("bundle_before", sa.Uuid),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("council", "service", name="pk_live_service"),
        sa.ForeignKeyConstraint(
            ("council", "bundle"),
            ("bundle.council", "bundle.id"),
            name="fk_live_service_council_bundle",
            deferrable=True,
            initially="DEFERRED",
        ),
    )
    secure_rows("bundle")
    secure_rows("live_service")


def downgrade() -> None:
    op.drop_table("live_service")
    op.drop_table("bundle")

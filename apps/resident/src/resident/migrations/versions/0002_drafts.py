"""Drafts, sealed, and what is left of those that nobody finished."""

import sqlalchemy as sa
from alembic import op

from chassis.migrations import secure_rows

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("bundle", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("council", "id", name="pk_draft"),
        sa.ForeignKeyConstraint(
            ("council", "bundle"),
            ("bundle.council", "bundle.id"),
            name="fk_draft_council_bundle",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        sa.CheckConstraint("state IN ('open', 'submitted')", name="ck_draft_state"),
        sa.CheckConstraint("language IN ('en', 'cy')", name="ck_draft_language"),
    )
    op.create_index(
        "uq_draft_secret",
        "draft",
        ["council", "service", "secret_hash"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_draft_secret", "draft", ["council", "service", "secret_hash", "id"])
    op.create_index("ix_draft_expires_at", "draft", ["expires_at"])
    _create_figures()
    secure_rows("draft")
    secure_rows("draft_figure")


def _create_figures() -> None:
    op.create_table(
        "draft_figure",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("drafts", sa.Integer, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("council", "id", name="pk_draft_figure"),
        sa.CheckConstraint("outcome IN ('expired', 'deleted')", name="ck_draft_figure_outcome"),
    )
    op.create_index("ix_draft_figure_council", "draft_figure", ["council", "service", "page"])


def downgrade() -> None:
    op.drop_table("draft_figure")
    op.drop_table("draft")

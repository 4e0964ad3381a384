"""Forms that were sent, until a day after all is said about them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.migrations import secure_rows

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("case_type", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("by_email", sa.Boolean, nullable=False),
        sa.Column("price_checked", sa.Integer, nullable=False),
        sa.Column("done", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("payment", JSONB),
        sa.Column("attempt", sa.SmallInteger, nullable=False),
        sa.Column("payment_id", sa.Text),
        sa.Column("refusal", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("council", "id", name="pk_submission"),
    )
    op.create_index("ix_submission_expires_at", "submission", ["expires_at"])
    secure_rows("submission")


def downgrade() -> None:
    op.drop_table("submission")

"""Who sent a bundle, the version of the case type it was prepared for, and who published it when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.migrations import secure_rows

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("bundle", sa.Column("sent_by", sa.Text, nullable=False, server_default=""))
    op.add_column("bundle", sa.Column("case_number", sa.Text, nullable=False, server_default=""))
    op.add_column("bundle", sa.Column("case_fields", JSONB, nullable=False, server_default=sa.text("'[]'")))
    op.create_table(
        "publication",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("bundle", sa.Uuid, nullable=False),
        sa.Column("bundle_before", sa.Uuid),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.Column("is_back", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("council", "id", name="pk_publication"),
    )
    op.create_index("ix_publication_service", "publication", ["council", "service", "id"])
    secure_rows("publication")


def downgrade() -> None:
    op.drop_table("publication")
    for column in ("case_fields", "case_number", "sent_by"):
        op.drop_column("bundle", column)

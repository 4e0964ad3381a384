"""Refusals of what was issued until a moment; whose a note is."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE note ADD COLUMN theme text, ADD COLUMN written_by jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE note DROP COLUMN theme, DROP COLUMN written_by")

"""Refusals of what was issued until a moment; whose a note is."""

from alembic import op

from chassis import migrations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrations.platform_2_up()
    op.execute("ALTER TABLE note ADD COLUMN theme text, ADD COLUMN written_by jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE note DROP COLUMN theme, DROP COLUMN written_by")
    migrations.platform_2_down()

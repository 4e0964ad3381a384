"""Themes of mandates that a council has of its own."""

from alembic import op

from chassis import migrations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE theme (
        council text NOT NULL, name text NOT NULL, title text NOT NULL, title_cy text NOT NULL,
        version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        removed_at timestamptz, CONSTRAINT pk_theme PRIMARY KEY (council, name))"""
    )
    migrations.secure_rows("theme")


def downgrade() -> None:
    op.execute("DROP TABLE theme")

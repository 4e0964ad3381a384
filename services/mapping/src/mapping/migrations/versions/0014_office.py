"""The names of staff who change maps, and how many rows of a file there are to read."""

from alembic import op

from chassis import migrations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE office_staff (
        council text NOT NULL, subject text NOT NULL, name text NOT NULL, named_at timestamptz NOT NULL,
        CONSTRAINT pk_office_staff PRIMARY KEY (council, subject))"""
    )
    migrations.secure_rows("office_staff")
    op.execute("ALTER TABLE layer_load ADD COLUMN rows_total integer")


def downgrade() -> None:
    op.execute("ALTER TABLE layer_load DROP COLUMN rows_total")
    op.execute("DROP TABLE office_staff")

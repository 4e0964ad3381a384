"""The names of staff who came to the office."""

from alembic import op

from chassis import migrations

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE office_staff (
        council text NOT NULL, subject text NOT NULL, name text NOT NULL, named_at timestamptz NOT NULL,
        CONSTRAINT pk_office_staff PRIMARY KEY (council, subject))"""
    )
    migrations.secure_rows("office_staff")


def downgrade() -> None:
    op.execute("DROP TABLE office_staff")

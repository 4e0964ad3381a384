"""Mark retired properties: they keep their points, but are on no map."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE property_point ADD COLUMN retired boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE property_point DROP COLUMN retired")

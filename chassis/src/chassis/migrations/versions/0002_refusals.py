"""Let a refusal be limited to tokens issued until a point in time."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE revoked_token ADD COLUMN issued_before timestamptz, ADD COLUMN claim text")


def downgrade() -> None:
    # A limited refusal becomes a refusal of all: never a narrower one.
    op.execute("ALTER TABLE revoked_token DROP COLUMN issued_before, DROP COLUMN claim")

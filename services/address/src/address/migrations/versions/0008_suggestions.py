"""Suggestions near a point or within a ward."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = (
    "ALTER TABLE blpu ADD COLUMN ward text, ADD COLUMN parish text",
    "ALTER TABLE place ADD COLUMN ward text, ADD COLUMN parish text",
)
_DOWN = (
    "ALTER TABLE place DROP COLUMN ward, DROP COLUMN parish",
    "ALTER TABLE blpu DROP COLUMN ward, DROP COLUMN parish",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

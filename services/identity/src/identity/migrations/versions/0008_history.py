"""What a person sees of the account's history; and who goes on without the proof a service asks for."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    """ALTER TABLE account_history
        ADD COLUMN device text NOT NULL DEFAULT '',
        ADD COLUMN council text,
        ADD COLUMN about text NOT NULL DEFAULT ''""",
    "ALTER TABLE authorisation ADD COLUMN unproven uuid",
)
_DOWN: tuple[str, ...] = (
    "ALTER TABLE authorisation DROP COLUMN unproven",
    "ALTER TABLE account_history DROP COLUMN about, DROP COLUMN council, DROP COLUMN device",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

"""The tables every service has."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change nothing: the chassis's own migrations do."""


def downgrade() -> None:
    """Change nothing: the chassis's own migrations do."""

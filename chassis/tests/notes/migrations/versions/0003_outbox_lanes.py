"""Relay the outbox in two lanes."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change nothing: the chassis's own migrations do."""


def downgrade() -> None:
    """Change nothing: the chassis's own migrations do."""

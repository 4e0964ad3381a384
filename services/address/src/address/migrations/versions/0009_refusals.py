"""Refusals of what was issued until a moment."""

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing: the chassis's own migrations do."""


def downgrade() -> None:
    """Change nothing: the chassis's own migrations do."""

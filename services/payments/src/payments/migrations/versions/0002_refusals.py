"""Refuse tokens issued until a point in time."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing: the chassis's own migrations do."""


def downgrade() -> None:
    """Change nothing: the chassis's own migrations do."""

"""Queues of a type: with a hundred thousand open cases, a rare type's page read all of them."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_INDEX = "ix_case_record_queue_of_type"


def upgrade() -> None:
    op.execute(
        f"CREATE INDEX {_INDEX} ON case_record (council, mode, code, queued_at, id) WHERE closed_at IS NULL"
    )


def downgrade() -> None:
    op.execute(f"DROP INDEX {_INDEX}")

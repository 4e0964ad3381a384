"""A submission opens one case, and one of the sandbox: they are two worlds."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEX = "uq_case_record_submission"


def upgrade() -> None:
    op.execute(f"DROP INDEX {_INDEX}")
    op.execute(f"CREATE UNIQUE INDEX {_INDEX} ON case_record (council, mode, submission)")


def downgrade() -> None:
    op.execute(f"DROP INDEX {_INDEX}")
    op.execute(f"CREATE UNIQUE INDEX {_INDEX} ON case_record (council, submission)")

"""Cases with a refund due: few of many, of which a list read all."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_INDEX = "ix_case_record_refund_due"


def upgrade() -> None:
    op.execute(
        f"CREATE INDEX {_INDEX} ON case_record (council, mode, queued_at, id)"
        " WHERE CAST(engine ->> 'refund_due' AS bigint) > 0"
    )


def downgrade() -> None:
    op.execute(f"DROP INDEX {_INDEX}")

"""Rate limits that are counted over all replicas."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE rate_limit (
        key bytea CONSTRAINT pk_rate_limit PRIMARY KEY, refilled_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX ix_rate_limit_refilled_at ON rate_limit (refilled_at)")


def downgrade() -> None:
    op.drop_table("rate_limit")

"""Mandates, collections and counter receipts are found by the references that payers know them by."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TABLES = ("mandate", "collection", "collection_line", "counter_line")


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"CREATE INDEX ix_{table}_reference ON {table} (council, reference)")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP INDEX ix_{table}_reference")

"""Councils may be merged and split later: the history of a property or a street goes with it.

Its rows stay as they were written, but for their council.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Every column but ``council``.
_HISTORIES = {
    "history": "uprn, version, at, actor, kind, changes, xact, position",
    "street_history": "usrn, version, at, actor, kind, changes, xact, position",
    "reference_history": "uprn, scheme, reference, version, at, actor, kind, start_date, end_date",
}


def upgrade() -> None:
    for table, columns in _HISTORIES.items():
        _keep(table, f"UPDATE OF {columns}")


def downgrade() -> None:
    for table in _HISTORIES:
        _keep(table, "UPDATE")


def _keep(table: str, update: str) -> None:
    """Let a trigger refuse that rows are deleted or changed so."""
    op.execute(f"DROP TRIGGER keep_{table} ON {table}")
    op.execute(
        f"""CREATE TRIGGER keep_{table} BEFORE DELETE OR {update} ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
    )

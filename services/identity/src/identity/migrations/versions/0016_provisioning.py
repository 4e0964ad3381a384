"""Who makes a council's staff is called ``provisioning``: by SCIM, or just in time (``jit``) at sign-in.

A plain rename in one step: the product is before its first release, so no older version of the service runs
beside this one. ``upstream_history`` keeps the words it was written with.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename("joiners", "provisioning", "claims", "jit")


def downgrade() -> None:
    _rename("provisioning", "joiners", "jit", "claims")


def _rename(before: str, after: str, old: str, new: str) -> None:
    """Rename the column, its value and its check.

    Row security hides the rows from an UPDATE here, so the value is changed with the column's type.
    """
    op.execute(f"ALTER TABLE upstream DROP CONSTRAINT ck_upstream_{before}")
    op.execute(f"ALTER TABLE upstream RENAME COLUMN {before} TO {after}")
    op.execute(
        f"""ALTER TABLE upstream ALTER COLUMN {after} TYPE text
            USING CASE {after} WHEN '{old}' THEN '{new}' ELSE {after} END"""
    )
    op.execute(
        f"ALTER TABLE upstream ADD CONSTRAINT ck_upstream_{after} CHECK ({after} IN ('scim', '{new}'))"
    )

"""Correspondence that the person whom a case is about reads as theirs."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is there stays for staff alone."""
    op.execute("ALTER TABLE case_note ADD COLUMN for_person boolean NOT NULL DEFAULT false")
    op.execute(
        "ALTER TABLE case_note ADD CONSTRAINT ck_case_note_for_person"
        " CHECK (NOT for_person OR kind = 'correspondence')"
    )


def downgrade() -> None:
    """Take it away."""
    op.execute("ALTER TABLE case_note DROP COLUMN for_person")

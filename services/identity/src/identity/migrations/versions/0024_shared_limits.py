"""Drop the attempts: the chassis's table ``rate_limit`` counts them now.

Attempts of the windows that run are forgotten, since the keys of the new rows are HMACs of other names, which
nobody can make from the old ones. So everybody has one whole quota more, once.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TABLE attempt")


def downgrade() -> None:
    op.execute(
        """CREATE TABLE attempt (
        key bytea CONSTRAINT pk_attempt PRIMARY KEY, times timestamptz[] NOT NULL, most integer NOT NULL,
        expires_at timestamptz NOT NULL)"""
    )
    op.execute("CREATE INDEX ix_attempt_expires_at ON attempt (expires_at)")

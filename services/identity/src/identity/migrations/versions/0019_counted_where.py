"""A sign-in at a council's upstream counts there alone: sessions keep it apart from the account's own means.

The version before reads and writes on: to this one its sessions count as far as they were opened by the
account's own means. Sessions that an upstream opened do not say which, so they expire; the worker ends them.
"""

from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    "ALTER TABLE browser_session ADD COLUMN own_at timestamptz",
    """UPDATE browser_session SET own_at = authenticated_at
        WHERE ended_at IS NULL AND NOT methods && '{upstream,upstream-two-factors}'::text[]""",
    """UPDATE browser_session SET expires_at = least(expires_at, now())
        WHERE ended_at IS NULL AND methods && '{upstream,upstream-two-factors}'::text[]""",
    """CREATE TABLE session_upstream (
        council text NOT NULL, session uuid NOT NULL, upstream uuid NOT NULL, method text NOT NULL,
        authenticated_at timestamptz NOT NULL, person bytea NOT NULL, upstream_session bytea,
        CONSTRAINT pk_session_upstream PRIMARY KEY (council, session, upstream),
        CONSTRAINT ck_session_upstream_method CHECK (method IN ('upstream', 'upstream-two-factors')))""",
    "CREATE INDEX ix_session_upstream_session ON session_upstream (session)",
    "CREATE INDEX ix_session_upstream_person ON session_upstream (person)",
    "CREATE INDEX ix_session_upstream_upstream_session ON session_upstream (upstream_session)",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE session_upstream",
    "ALTER TABLE browser_session DROP COLUMN own_at",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

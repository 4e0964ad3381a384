"""Through which sign-in elsewhere a session was opened, and who has signed out there."""

from alembic import op

from chassis import migrations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    "ALTER TABLE browser_session ADD COLUMN upstream_person bytea, ADD COLUMN upstream_session bytea",
    """CREATE INDEX ix_browser_session_upstream_person ON browser_session (upstream_person)
        WHERE ended_at IS NULL""",
    """CREATE INDEX ix_browser_session_upstream_session ON browser_session (upstream_session)
        WHERE ended_at IS NULL""",
    "ALTER TABLE sign_in ADD COLUMN through jsonb",
    """CREATE TABLE upstream_logout (
        council text NOT NULL, upstream uuid NOT NULL, token_id text NOT NULL, person bytea, session bytea,
        issued_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_upstream_logout PRIMARY KEY (council, upstream, token_id),
        CONSTRAINT fk_upstream_logout_council_upstream FOREIGN KEY (council, upstream)
            REFERENCES upstream (council, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_upstream_logout_person ON upstream_logout (person)",
    "CREATE INDEX ix_upstream_logout_session ON upstream_logout (session)",
    "CREATE INDEX ix_upstream_logout_expires_at ON upstream_logout (expires_at)",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE upstream_logout",
    "ALTER TABLE sign_in DROP COLUMN through",
    "DROP INDEX ix_browser_session_upstream_session",
    "DROP INDEX ix_browser_session_upstream_person",
    "ALTER TABLE browser_session DROP COLUMN upstream_person, DROP COLUMN upstream_session",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    migrations.secure_rows("upstream_logout")


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

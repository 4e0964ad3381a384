"""A sign-in at a council's upstream counts there alone: sessions keep it apart from the account's own means.

The version before reads and writes on: to this one its sessions count as far as they were opened by the
account's own means. Sessions that an upstream opened do not say which, so they expire; the worker ends them.

Testers and test people: who may sign in to a service of the sandbox.
"""

from alembic import op

from chassis import migrations

revision = "0019"
down_revision = "0018"
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
    """CREATE TABLE tester (
        council text NOT NULL, client uuid NOT NULL, id uuid NOT NULL, email text NOT NULL,
        canonical text NOT NULL, added_by text NOT NULL, added_at timestamptz NOT NULL,
        CONSTRAINT pk_tester PRIMARY KEY (council, client, id),
        CONSTRAINT fk_tester_council_client FOREIGN KEY (council, client) REFERENCES client (council, id)
            DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE UNIQUE INDEX uq_tester_council_client_canonical ON tester (council, client, canonical)",
    """CREATE TABLE test_person (
        council text NOT NULL, id uuid NOT NULL, name text NOT NULL, email text NOT NULL,
        created_by text NOT NULL, created_at timestamptz NOT NULL,
        CONSTRAINT pk_test_person PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_test_person_id ON test_person (id)",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE test_person",
    "DROP TABLE tester",
    "DROP TABLE session_upstream",
    "ALTER TABLE browser_session DROP COLUMN own_at",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in ("tester", "test_person"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

"""Staff who sign in to a service's pages: the councils' clients at the issuer, and sessions."""

from alembic import op

from chassis import migrations

revision = "0009"
down_revision = "0008"

_TABLES = ("sign_in_client", "staff_session")
_STATEMENTS = (
    """CREATE TABLE sign_in_client (
        council text, id uuid, mode text NOT NULL, client_id text NOT NULL, created_by jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_sign_in_client PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_sign_in_client_council_mode_id ON sign_in_client (council, mode, id)",
    """CREATE TABLE staff_session (
        council text, id uuid, secret_hash bytea NOT NULL, client_id text NOT NULL, subject text NOT NULL,
        sid text NOT NULL, name text NOT NULL, tokens bytea NOT NULL, refreshing_until timestamptz,
        created_at timestamptz NOT NULL, used_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_staff_session PRIMARY KEY (council, id))""",
    "CREATE UNIQUE INDEX uq_staff_session_secret_hash ON staff_session (secret_hash)",
    "CREATE INDEX ix_staff_session_council_sid ON staff_session (council, sid)",
    "CREATE INDEX ix_staff_session_council_subject ON staff_session (council, subject)",
    "CREATE INDEX ix_staff_session_expires_at ON staff_session (expires_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)

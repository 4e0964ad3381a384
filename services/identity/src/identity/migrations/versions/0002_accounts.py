"""Accounts of people and how they sign in."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP: tuple[str, ...] = (
    """CREATE TABLE account (
        id uuid NOT NULL, status text NOT NULL, language text NOT NULL, version integer NOT NULL,
        created_at timestamptz NOT NULL, closed_at timestamptz,
        CONSTRAINT pk_account PRIMARY KEY (id),
        CONSTRAINT ck_account_status CHECK (status IN ('active', 'closed')),
        CONSTRAINT ck_account_language CHECK (language IN ('en', 'cy')))""",
    """CREATE TABLE account_email (
        account uuid NOT NULL, address text NOT NULL, canonical text NOT NULL,
        verified_at timestamptz NOT NULL, CONSTRAINT pk_account_email PRIMARY KEY (account))""",
    "CREATE UNIQUE INDEX uq_account_email_canonical ON account_email (canonical)",
    """CREATE TABLE browser_session (
        id uuid NOT NULL, account uuid NOT NULL, secret_hash bytea NOT NULL, methods text[] NOT NULL,
        device text NOT NULL, authenticated_at timestamptz NOT NULL, created_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz,
        CONSTRAINT pk_browser_session PRIMARY KEY (id))""",
    "CREATE UNIQUE INDEX uq_browser_session_secret_hash ON browser_session (secret_hash)",
    "CREATE INDEX ix_browser_session_account ON browser_session (account) WHERE ended_at IS NULL",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE browser_session",
    "DROP TABLE account_email",
    "DROP TABLE account",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

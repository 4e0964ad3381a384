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
    "CREATE INDEX ix_browser_session_seen_at ON browser_session (seen_at) WHERE ended_at IS NULL",
    """CREATE TABLE account_password (
        account uuid NOT NULL, hash text NOT NULL, set_at timestamptz NOT NULL,
        CONSTRAINT pk_account_password PRIMARY KEY (account))""",
    """CREATE TABLE passkey (
        id uuid NOT NULL, account uuid NOT NULL, credential bytea NOT NULL, public_key bytea NOT NULL,
        sign_count bigint NOT NULL, synced boolean NOT NULL, name text NOT NULL,
        created_at timestamptz NOT NULL, used_at timestamptz, CONSTRAINT pk_passkey PRIMARY KEY (id))""",
    "CREATE UNIQUE INDEX uq_passkey_credential ON passkey (credential)",
    "CREATE INDEX ix_passkey_account ON passkey (account)",
    """CREATE TABLE authenticator (
        account uuid NOT NULL, sealed bytea NOT NULL, last_step bigint NOT NULL,
        created_at timestamptz NOT NULL, confirmed_at timestamptz,
        CONSTRAINT pk_authenticator PRIMARY KEY (account))""",
    """CREATE TABLE recovery_code (
        account uuid NOT NULL, hash bytea NOT NULL, used_at timestamptz,
        CONSTRAINT pk_recovery_code PRIMARY KEY (account, hash))""",
    """CREATE TABLE one_time_code (
        browser bytea NOT NULL, purpose text NOT NULL, account uuid, address text NOT NULL, hash bytea,
        tries integer NOT NULL, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_one_time_code PRIMARY KEY (browser, purpose),
        CONSTRAINT ck_one_time_code_purpose CHECK (purpose IN ('sign-in', 'register', 'email')))""",
    "CREATE INDEX ix_one_time_code_expires_at ON one_time_code (expires_at)",
    "CREATE INDEX ix_one_time_code_account ON one_time_code (account)",
    """CREATE TABLE passkey_challenge (
        browser bytea NOT NULL, purpose text NOT NULL, challenge bytea NOT NULL,
        expires_at timestamptz NOT NULL, CONSTRAINT pk_passkey_challenge PRIMARY KEY (browser, purpose),
        CONSTRAINT ck_passkey_challenge_purpose CHECK (purpose IN ('sign-in', 'register')))""",
    "CREATE INDEX ix_passkey_challenge_expires_at ON passkey_challenge (expires_at)",
    """CREATE TABLE sign_in (
        browser bytea NOT NULL, account uuid NOT NULL, methods text[] NOT NULL,
        expires_at timestamptz NOT NULL, CONSTRAINT pk_sign_in PRIMARY KEY (browser))""",
    "CREATE INDEX ix_sign_in_expires_at ON sign_in (expires_at)",
    "CREATE INDEX ix_sign_in_account ON sign_in (account)",
    """CREATE TABLE known_browser (
        account uuid NOT NULL, browser bytea NOT NULL, seen_at timestamptz NOT NULL,
        CONSTRAINT pk_known_browser PRIMARY KEY (account, browser))""",
    """CREATE TABLE attempt (
        key bytea NOT NULL, times timestamptz[] NOT NULL, most integer NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_attempt PRIMARY KEY (key))""",
    "CREATE INDEX ix_attempt_expires_at ON attempt (expires_at)",
    """CREATE TABLE account_history (
        account uuid NOT NULL, id uuid NOT NULL, what text NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_account_history PRIMARY KEY (account, id))""",
    """CREATE TABLE mail (
        id uuid NOT NULL, template text NOT NULL, language text NOT NULL, address text NOT NULL,
        personalisation jsonb NOT NULL, tries integer NOT NULL, created_at timestamptz NOT NULL,
        due_at timestamptz, expires_at timestamptz NOT NULL, CONSTRAINT pk_mail PRIMARY KEY (id),
        CONSTRAINT ck_mail_language CHECK (language IN ('en', 'cy')))""",
    "CREATE INDEX ix_mail_due_at ON mail (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ix_mail_expires_at ON mail (expires_at)",
)
_DOWN: tuple[str, ...] = (
    *(
        f"DROP TABLE {table}"
        for table in (
            "account_history", "attempt", "known_browser", "sign_in", "passkey_challenge", "one_time_code",
            "recovery_code", "authenticator", "passkey", "account_password",
        )
    ),
    "DROP TABLE mail",
    "DROP TABLE browser_session",
    "DROP TABLE account_email",
    "DROP TABLE account",
)  # fmt: skip


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

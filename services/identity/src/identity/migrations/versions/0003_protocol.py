"""Relying parties, authorisations, codes, grants."""

from alembic import op

from chassis import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OF_GRANT = "FOREIGN KEY (council, grant_id) REFERENCES token_grant (council, id) ON DELETE CASCADE"

_UP: tuple[str, ...] = (
    "ALTER TABLE signing_key ADD COLUMN algorithm text NOT NULL DEFAULT 'ES256'",
    """CREATE TABLE relying_party (
        council text NOT NULL, client uuid NOT NULL, profile text NOT NULL, first_party boolean NOT NULL,
        redirect_uris text[] NOT NULL, post_logout_redirect_uris text[] NOT NULL,
        backchannel_logout_uri text, subject_type text NOT NULL, id_token_alg text NOT NULL, jwks_uri text,
        par_required boolean NOT NULL, person_scopes text[] NOT NULL, identity_levels text[] NOT NULL,
        contacts text[] NOT NULL,
        CONSTRAINT pk_relying_party PRIMARY KEY (council, client),
        CONSTRAINT fk_relying_party_council FOREIGN KEY (council, client) REFERENCES client (council, id),
        CONSTRAINT ck_relying_party_profile CHECK (profile IN ('standard', 'onelogin')),
        CONSTRAINT ck_relying_party_subject_type CHECK (subject_type = 'pairwise'),
        CONSTRAINT ck_relying_party_id_token_alg CHECK (id_token_alg IN ('ES256', 'RS256')))""",
    """CREATE TABLE authorisation (
        council text NOT NULL, id uuid NOT NULL, client uuid NOT NULL, kind text NOT NULL,
        secret_hash bytea NOT NULL, browser_hash bytea, client_name text NOT NULL, request jsonb NOT NULL,
        created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_authorisation PRIMARY KEY (council, id),
        CONSTRAINT uq_authorisation_secret_hash UNIQUE (secret_hash),
        CONSTRAINT ck_authorisation_kind CHECK (kind IN ('pushed', 'browser')),
        CONSTRAINT ck_authorisation_browser CHECK ((kind = 'pushed') = (browser_hash IS NULL)))""",
    "CREATE INDEX ix_authorisation_expires_at ON authorisation (expires_at)",
    """CREATE TABLE consent (
        council text NOT NULL, account uuid NOT NULL, client uuid NOT NULL, scopes text[] NOT NULL,
        claims text[] NOT NULL, given_at timestamptz NOT NULL, revoked_at timestamptz,
        CONSTRAINT pk_consent PRIMARY KEY (council, account, client))""",
    """CREATE TABLE token_grant (
        council text NOT NULL, id uuid NOT NULL, client uuid NOT NULL, account uuid NOT NULL,
        session uuid NOT NULL, actor uuid, scopes text[] NOT NULL, request jsonb NOT NULL,
        created_at timestamptz NOT NULL, revoked_at timestamptz,
        CONSTRAINT pk_token_grant PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_token_grant_account ON token_grant (account) WHERE revoked_at IS NULL",
    "CREATE INDEX ix_token_grant_session ON token_grant (session) WHERE revoked_at IS NULL",
    "CREATE INDEX ix_token_grant_created_at ON token_grant (created_at)",
    f"""CREATE TABLE authorisation_code (
        council text NOT NULL, grant_id uuid NOT NULL, secret_hash bytea NOT NULL,
        expires_at timestamptz NOT NULL, used_at timestamptz,
        CONSTRAINT pk_authorisation_code PRIMARY KEY (council, grant_id),
        CONSTRAINT uq_authorisation_code_secret_hash UNIQUE (secret_hash),
        CONSTRAINT fk_authorisation_code_council {_OF_GRANT})""",
    f"""CREATE TABLE refresh_token (
        council text NOT NULL, id uuid NOT NULL, grant_id uuid NOT NULL, secret_hash bytea NOT NULL,
        expires_at timestamptz NOT NULL, used_at timestamptz,
        CONSTRAINT pk_refresh_token PRIMARY KEY (council, id),
        CONSTRAINT uq_refresh_token_secret_hash UNIQUE (secret_hash),
        CONSTRAINT fk_refresh_token_council {_OF_GRANT})""",
    "CREATE INDEX ix_refresh_token_grant_id ON refresh_token (grant_id)",
    f"""CREATE TABLE access_token (
        council text NOT NULL, id uuid NOT NULL, grant_id uuid NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_access_token PRIMARY KEY (council, id),
        CONSTRAINT fk_access_token_council {_OF_GRANT})""",
    "CREATE INDEX ix_access_token_grant_id ON access_token (grant_id)",
    "CREATE INDEX ix_access_token_expires_at ON access_token (expires_at)",
    """CREATE TABLE logout_notice (
        council text NOT NULL, id uuid NOT NULL, client uuid NOT NULL, uri text NOT NULL,
        account uuid NOT NULL, session uuid NOT NULL, attempts integer NOT NULL,
        due_at timestamptz NOT NULL, rs256 boolean NOT NULL,
        CONSTRAINT pk_logout_notice PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_logout_notice_due_at ON logout_notice (due_at)",
    # Every process keeps clients in memory and is told when one has changed.
    *(
        f"""CREATE TRIGGER tell_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_listeners()"""
        for table in ("client", "relying_party")
    ),
)
_DOWN: tuple[str, ...] = (
    "DROP TRIGGER tell_client ON client",
    *(
        f"DROP TABLE {table}"
        for table in (
            "logout_notice", "access_token", "refresh_token", "authorisation_code", "token_grant", "consent",
            "authorisation", "relying_party",
        )
    ),
    "ALTER TABLE signing_key DROP COLUMN algorithm",
)  # fmt: skip


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    migrations.secure_rows("relying_party")


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

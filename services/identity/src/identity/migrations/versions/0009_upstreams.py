"""Upstream sign-in of councils, how long a directory's word holds, and who changed which role."""

from alembic import op

from chassis import migrations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SECURED = ("upstream", "upstream_key", "upstream_account", "upstream_history", "role_change")
_UPSTREAM = "FOREIGN KEY (council, upstream) REFERENCES upstream (council, id) ON DELETE CASCADE"

_UP: tuple[str, ...] = (
    """CREATE TABLE upstream (
        council text NOT NULL, id uuid NOT NULL, kind text NOT NULL, audience text NOT NULL,
        title text NOT NULL, title_cy text NOT NULL, issuer text NOT NULL, client_id text NOT NULL,
        authentication text NOT NULL, secret_sealed bytea, scopes text[] NOT NULL, acr_values text,
        tenant text, subject_claim text NOT NULL, groups_claim text, joiners text NOT NULL,
        session_hours integer NOT NULL, identity_level text, did_url text, enabled boolean NOT NULL,
        version integer NOT NULL, created_by text NOT NULL, updated_by text NOT NULL,
        created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_upstream PRIMARY KEY (council, id),
        CONSTRAINT ck_upstream_kind CHECK (kind IN ('onelogin', 'oidc')),
        CONSTRAINT ck_upstream_audience CHECK (audience IN ('residents', 'staff')),
        CONSTRAINT ck_upstream_residents_of_one_login CHECK (kind <> 'onelogin' OR audience = 'residents'),
        CONSTRAINT ck_upstream_who_proves CHECK (kind = 'onelogin' OR identity_level IS NULL),
        CONSTRAINT ck_upstream_authentication CHECK (authentication IN ('private_key_jwt', 'client_secret')),
        CONSTRAINT ck_upstream_one_way_to_authenticate CHECK
            ((authentication = 'client_secret') = (secret_sealed IS NOT NULL)),
        CONSTRAINT ck_upstream_joiners CHECK (joiners IN ('scim', 'claims')),
        CONSTRAINT ck_upstream_identity_level CHECK (identity_level IN ('P1', 'P2')))""",
    f"""CREATE TABLE upstream_key (
        council text NOT NULL, upstream uuid NOT NULL, kid text NOT NULL, public jsonb NOT NULL,
        sealed bytea NOT NULL, created_at timestamptz NOT NULL, signs_from timestamptz NOT NULL,
        retired_at timestamptz,
        CONSTRAINT pk_upstream_key PRIMARY KEY (council, upstream, kid),
        CONSTRAINT fk_upstream_key_council_upstream {_UPSTREAM})""",
    f"""CREATE TABLE upstream_account (
        council text NOT NULL, upstream uuid NOT NULL, subject text NOT NULL, account uuid NOT NULL,
        linked_at timestamptz NOT NULL,
        CONSTRAINT pk_upstream_account PRIMARY KEY (council, upstream, subject),
        CONSTRAINT fk_upstream_account_council_upstream {_UPSTREAM})""",
    "CREATE UNIQUE INDEX uq_upstream_account_account ON upstream_account (council, upstream, account)",
    "CREATE INDEX ix_upstream_account_account ON upstream_account (account)",
    """CREATE TABLE upstream_history (
        council text NOT NULL, upstream uuid NOT NULL, id uuid NOT NULL, act text NOT NULL,
        actor text NOT NULL, changes jsonb NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_upstream_history PRIMARY KEY (council, upstream, id),
        CONSTRAINT ck_upstream_history_act CHECK
            (act IN ('registered', 'changed', 'keys-made', 'secret-set', 'removed')))""",
    """CREATE TRIGGER keep_upstream_history BEFORE UPDATE OR DELETE ON upstream_history
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()""",
    "ALTER TABLE staff ADD COLUMN vouched_until timestamptz",
    """CREATE TABLE role_change (
        council text NOT NULL, id uuid NOT NULL, act text NOT NULL, role text NOT NULL, staff uuid,
        actor text NOT NULL, changes jsonb NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_role_change PRIMARY KEY (council, id),
        CONSTRAINT ck_role_change_act CHECK (act IN ('made', 'changed', 'removed', 'given', 'taken')),
        CONSTRAINT ck_role_change_to_whom CHECK ((act IN ('given', 'taken')) = (staff IS NOT NULL)))""",
    "CREATE INDEX ix_role_change_staff ON role_change (council, staff, id) WHERE staff IS NOT NULL",
    """CREATE TRIGGER keep_role_change BEFORE UPDATE OR DELETE ON role_change
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()""",
)
_DOWN: tuple[str, ...] = (
    "DROP TABLE role_change",
    "ALTER TABLE staff DROP COLUMN vouched_until",
    "DROP TABLE upstream_history",
    "DROP TABLE upstream_account",
    "DROP TABLE upstream_key",
    "DROP TABLE upstream",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

"""Staff, roles, directories, proofs of identity."""

from alembic import op

from chassis import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SECURED = ("role", "staff", "staff_person", "staff_role", "staff_group", "staff_group_member")
_STAFF = "FOREIGN KEY (council, staff) REFERENCES staff (council, id) ON DELETE CASCADE"
_FIXED = "id, account, council, route, level, evidence, proved_by, proved_at, expires_at"

_UP: tuple[str, ...] = (
    """CREATE TABLE role (
        council text NOT NULL, name text NOT NULL, title text NOT NULL, scopes text[] NOT NULL,
        groups text[] NOT NULL, version integer NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_role PRIMARY KEY (council, name))""",
    """CREATE TABLE staff (
        council text NOT NULL, id uuid NOT NULL, account uuid, active boolean NOT NULL,
        version integer NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        left_at timestamptz,
        CONSTRAINT pk_staff PRIMARY KEY (council, id))""",
    "CREATE UNIQUE INDEX uq_staff_council_account ON staff (council, account) WHERE left_at IS NULL",
    f"""CREATE TABLE staff_person (
        council text NOT NULL, staff uuid NOT NULL, user_name text NOT NULL, user_key text NOT NULL,
        external_id text, given_name text NOT NULL, family_name text NOT NULL, display_name text NOT NULL,
        email text NOT NULL,
        CONSTRAINT pk_staff_person PRIMARY KEY (council, staff),
        CONSTRAINT fk_staff_person_council_staff {_STAFF})""",
    "CREATE UNIQUE INDEX uq_staff_person_council_user_key ON staff_person (council, user_key)",
    "CREATE UNIQUE INDEX uq_staff_person_council_external_id ON staff_person (council, external_id)",
    f"""CREATE TABLE staff_role (
        council text NOT NULL, staff uuid NOT NULL, role text NOT NULL, given_by text NOT NULL,
        given_at timestamptz NOT NULL,
        CONSTRAINT pk_staff_role PRIMARY KEY (council, staff, role),
        CONSTRAINT fk_staff_role_council_staff {_STAFF},
        CONSTRAINT fk_staff_role_council_role FOREIGN KEY (council, role)
            REFERENCES role (council, name) ON DELETE CASCADE)""",
    """CREATE TABLE staff_group (
        council text NOT NULL, id uuid NOT NULL, display_name text NOT NULL, external_id text,
        version integer NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_staff_group PRIMARY KEY (council, id))""",
    "CREATE UNIQUE INDEX uq_staff_group_council_display_name ON staff_group (council, display_name)",
    f"""CREATE TABLE staff_group_member (
        council text NOT NULL, group_id uuid NOT NULL, staff uuid NOT NULL,
        CONSTRAINT pk_staff_group_member PRIMARY KEY (council, group_id, staff),
        CONSTRAINT fk_staff_group_member_council_group_id FOREIGN KEY (council, group_id)
            REFERENCES staff_group (council, id) ON DELETE CASCADE,
        CONSTRAINT fk_staff_group_member_council_staff {_STAFF})""",
    "CREATE INDEX ix_staff_group_member_staff ON staff_group_member (council, staff)",
    """CREATE TABLE proof (
        id uuid NOT NULL, account uuid NOT NULL, council text NOT NULL, route text NOT NULL,
        level text NOT NULL, evidence jsonb NOT NULL, proved_by text NOT NULL,
        proved_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, status text NOT NULL,
        looked_by text, looked_at timestamptz, withdrawn_by text, withdrawn_at timestamptz,
        CONSTRAINT pk_proof PRIMARY KEY (id),
        CONSTRAINT ck_proof_level CHECK (level IN ('P0', 'P1', 'P2')),
        CONSTRAINT ck_proof_route CHECK (route IN ('in-person', 'upstream')),
        CONSTRAINT ck_proof_status CHECK (status IN ('waiting', 'holds', 'withdrawn')),
        CONSTRAINT ck_proof_second_pair_of_eyes CHECK (looked_by <> proved_by))""",
    "CREATE INDEX ix_proof_account ON proof (account) WHERE status = 'holds'",
    "CREATE INDEX ix_proof_council ON proof (council, id)",
    """CREATE TABLE proof_person (
        proof uuid NOT NULL, given_names text[] NOT NULL, family_name text NOT NULL,
        birth_date date NOT NULL, addresses jsonb NOT NULL,
        CONSTRAINT pk_proof_person PRIMARY KEY (proof))""",
    """CREATE TABLE desk_code (
        account uuid NOT NULL, code_hash bytea NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_desk_code PRIMARY KEY (account))""",
    "CREATE UNIQUE INDEX uq_desk_code_code_hash ON desk_code (code_hash)",
    """CREATE TABLE identity_access (
        council text NOT NULL, id uuid NOT NULL, account uuid NOT NULL, proof uuid NOT NULL,
        act text NOT NULL, actor text NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_identity_access PRIMARY KEY (council, id),
        CONSTRAINT ck_identity_access_act CHECK
            (act IN ('recorded', 'read', 'confirmed', 'refused', 'withdrawn', 'erased')))""",
    "CREATE INDEX ix_identity_access_account ON identity_access (account, id)",
    """CREATE FUNCTION keep_as_written() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is kept as it was written', TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER keep_identity_access BEFORE UPDATE OR DELETE ON identity_access
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()""",
    f"""CREATE TRIGGER keep_proof BEFORE DELETE OR UPDATE OF {_FIXED} ON proof
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()""",
)
_DOWN: tuple[str, ...] = (
    *(
        f"DROP TABLE {table}"
        for table in ("identity_access", "desk_code", "proof_person", "proof", *reversed(_SECURED))
    ),
    "DROP FUNCTION keep_as_written()",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in (*_SECURED, "identity_access"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

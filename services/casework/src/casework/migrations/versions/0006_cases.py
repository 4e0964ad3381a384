"""Cases, their history, clocks and tasks, and the roles of staff.

An entry of a history is kept as it was written: a trigger holds it. Its council may change: councils merge.
"""

from alembic import op

from chassis import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_OF_CASE = f"FOREIGN KEY (council, case_id) REFERENCES case_record (council, id) {_DEFERRABLE}"
_TABLES = (
    f"""CREATE TABLE case_record (
        council text NOT NULL, id uuid NOT NULL, reference text NOT NULL, mode text NOT NULL,
        type_version uuid NOT NULL, code text NOT NULL, state text NOT NULL, result text NOT NULL, team text,
        assignee text, person text, submission text, engine jsonb NOT NULL, restricted text, uprn bigint,
        created_by jsonb NOT NULL, version integer NOT NULL, opened_at timestamptz NOT NULL,
        closed_at timestamptz, due_at timestamptz, queued_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT pk_case_record PRIMARY KEY (council, id),
        CONSTRAINT fk_case_record_council_type_version FOREIGN KEY (council, type_version)
            REFERENCES case_type_version (council, id) {_DEFERRABLE},
        CONSTRAINT uq_case_record_reference UNIQUE (reference),
        CONSTRAINT ck_case_record_mode CHECK (mode IN ('sandbox', 'live')))""",
    "CREATE UNIQUE INDEX uq_case_record_submission ON case_record (council, submission)",
    """CREATE INDEX ix_case_record_open ON case_record (council, mode, queued_at, id)
        WHERE closed_at IS NULL""",
    """CREATE INDEX ix_case_record_closed ON case_record (council, mode, closed_at, id)
        WHERE closed_at IS NOT NULL""",
    """CREATE INDEX ix_case_record_open_of_team ON case_record (council, mode, team, queued_at, id)
        WHERE closed_at IS NULL""",
    """CREATE INDEX ix_case_record_open_of_assignee ON case_record (council, mode, assignee, queued_at, id)
        WHERE closed_at IS NULL""",
    "CREATE INDEX ix_case_record_person ON case_record (council, person, id) WHERE person IS NOT NULL",
    "CREATE INDEX ix_case_record_uprn ON case_record (council, uprn, id) WHERE uprn IS NOT NULL",
    """CREATE INDEX ix_case_record_fields ON case_record USING gin ((engine -> 'fields') jsonb_path_ops)""",
    f"""CREATE TABLE case_personal (
        council text NOT NULL, case_id uuid NOT NULL, fields jsonb NOT NULL,
        CONSTRAINT pk_case_personal PRIMARY KEY (council, case_id),
        CONSTRAINT fk_case_personal_council_case_id {_OF_CASE})""",
    "CREATE INDEX ix_case_personal_fields ON case_personal USING gin (fields jsonb_path_ops)",
    f"""CREATE TABLE case_entry (
        council text NOT NULL, case_id uuid NOT NULL, n integer NOT NULL, kind text NOT NULL,
        act text NOT NULL, at timestamptz NOT NULL, effective_at timestamptz NOT NULL, actor jsonb NOT NULL,
        before jsonb NOT NULL, after jsonb NOT NULL, weighed jsonb NOT NULL, personal_digest bytea,
        digest bytea NOT NULL,
        CONSTRAINT pk_case_entry PRIMARY KEY (council, case_id, n),
        CONSTRAINT fk_case_entry_council_case_id {_OF_CASE})""",
    f"""CREATE TABLE case_entry_personal (
        council text NOT NULL, case_id uuid NOT NULL, n integer NOT NULL, salt bytea NOT NULL,
        changes text NOT NULL,
        CONSTRAINT pk_case_entry_personal PRIMARY KEY (council, case_id, n),
        CONSTRAINT fk_case_entry_personal_council_case_id_n FOREIGN KEY (council, case_id, n)
            REFERENCES case_entry (council, case_id, n) {_DEFERRABLE})""",
    f"""CREATE TABLE case_clock (
        council text NOT NULL, id uuid NOT NULL, case_id uuid NOT NULL, clock text NOT NULL,
        version integer NOT NULL, due_on date, due_at timestamptz, breached_at timestamptz, uncomputed text,
        CONSTRAINT pk_case_clock PRIMARY KEY (council, id),
        CONSTRAINT uq_case_clock_council_case_id_clock UNIQUE (council, case_id, clock),
        CONSTRAINT fk_case_clock_council_case_id {_OF_CASE})""",
    f"""CREATE TABLE case_task (
        council text NOT NULL, case_id uuid NOT NULL, task text NOT NULL, role text NOT NULL,
        status text NOT NULL, outcome text NOT NULL, assignee text, opened_at timestamptz NOT NULL,
        closed_at timestamptz,
        CONSTRAINT pk_case_task PRIMARY KEY (council, case_id, task),
        CONSTRAINT fk_case_task_council_case_id {_OF_CASE},
        CONSTRAINT ck_case_task_status CHECK (status IN ('open', 'done', 'dropped')))""",
    "CREATE INDEX ix_case_task_open ON case_task (council, role, opened_at, case_id) WHERE status = 'open'",
    """CREATE TABLE role_holder (
        council text NOT NULL, subject text NOT NULL, roles text[] NOT NULL, version integer NOT NULL,
        CONSTRAINT pk_role_holder PRIMARY KEY (council, subject))""",
)
_KEEP = (
    """CREATE FUNCTION keep_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'an entry of a case''s history is not changed'; END $$""",
    """CREATE TRIGGER keep_entry BEFORE UPDATE OF case_id, n, kind, act, at, effective_at, actor, before,
        after, weighed, personal_digest, digest ON case_entry EXECUTE FUNCTION keep_entry()""",
    "CREATE TRIGGER keep_entry_row BEFORE DELETE OR TRUNCATE ON case_entry EXECUTE FUNCTION keep_entry()",
)
_SECURED = (
    "case_record",
    "case_personal",
    "case_entry",
    "case_entry_personal",
    "case_clock",
    "case_task",
    "role_holder",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_KEEP):
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_SECURED):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION keep_entry")

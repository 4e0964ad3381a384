"""Retention: when cases are due for disposal, holds, disposal lists and certificates, tombstones.

An entry of a history may be deleted when a tombstone has its digest; no case gets a tombstone's reference.
"""

from alembic import op

from chassis import migrations

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_TABLES = (
    "ALTER TABLE case_record ADD COLUMN dispose_on date",
    """CREATE INDEX ix_case_record_disposal ON case_record (council, mode, dispose_on, id)
        WHERE dispose_on IS NOT NULL""",
    f"""CREATE TABLE legal_hold (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, case_id uuid, person text, code text,
        reason text NOT NULL, placed_by jsonb NOT NULL, placed_at timestamptz NOT NULL, lifted_by jsonb,
        lifted_at timestamptz, lift_reason text, version integer NOT NULL,
        CONSTRAINT pk_legal_hold PRIMARY KEY (council, id),
        CONSTRAINT fk_legal_hold_council_case_id FOREIGN KEY (council, case_id)
            REFERENCES case_record (council, id) {_DEFERRABLE},
        CONSTRAINT ck_legal_hold_subject CHECK (num_nonnulls(case_id, person, code) = 1),
        CONSTRAINT ck_legal_hold_mode CHECK (mode IN ('sandbox', 'live')))""",
    "CREATE INDEX ix_legal_hold_case ON legal_hold (council, case_id) WHERE case_id IS NOT NULL",
    "CREATE INDEX ix_legal_hold_in_force ON legal_hold (council, mode) WHERE lifted_at IS NULL",
    """CREATE TABLE disposal_list (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, state text NOT NULL,
        due_by date NOT NULL, code text, items integer NOT NULL, requested_by jsonb NOT NULL,
        requested_at timestamptz NOT NULL, signed_by jsonb, signed_at timestamptz, version integer NOT NULL,
        CONSTRAINT pk_disposal_list PRIMARY KEY (council, id),
        CONSTRAINT ck_disposal_list_state CHECK (
            state IN ('building', 'ready', 'signed', 'done', 'withdrawn')),
        CONSTRAINT ck_disposal_list_mode CHECK (mode IN ('sandbox', 'live')))""",
    f"""CREATE TABLE disposal_item (
        council text NOT NULL, list_id uuid NOT NULL, case_id uuid NOT NULL, reference text NOT NULL,
        code text NOT NULL, result text NOT NULL, closed_on date NOT NULL, due_on date NOT NULL,
        rule jsonb NOT NULL, depth integer NOT NULL, state text NOT NULL, reason text, deferred_until date,
        deferred_by jsonb, bundle uuid NOT NULL, bundle_digest bytea, bundled integer[], digest bytea,
        CONSTRAINT pk_disposal_item PRIMARY KEY (council, list_id, case_id),
        CONSTRAINT fk_disposal_item_council_list_id FOREIGN KEY (council, list_id)
            REFERENCES disposal_list (council, id) {_DEFERRABLE},
        CONSTRAINT ck_disposal_item_state CHECK (
            state IN ('due', 'deferred', 'on_hold', 'not_due', 'destroyed', 'archived')))""",
    """CREATE INDEX ix_disposal_item_due ON disposal_item (council, list_id, depth, case_id)
        WHERE state = 'due'""",
    "CREATE INDEX ix_disposal_item_deferred ON disposal_item (council, case_id) WHERE state = 'deferred'",
    """CREATE TABLE disposal_certificate (
        council text NOT NULL, list_id uuid NOT NULL, mode text NOT NULL, issued_at timestamptz NOT NULL,
        document text NOT NULL, statement text NOT NULL,
        CONSTRAINT pk_disposal_certificate PRIMARY KEY (council, list_id),
        CONSTRAINT ck_disposal_certificate_mode CHECK (mode IN ('sandbox', 'live')))""",
    """CREATE TABLE case_tombstone (
        council text NOT NULL, case_id uuid NOT NULL, reference text NOT NULL, mode text NOT NULL,
        code text NOT NULL, list_id uuid NOT NULL, disposed_at timestamptz NOT NULL,
        contents bytea[] NOT NULL, digest bytea NOT NULL,
        CONSTRAINT pk_case_tombstone PRIMARY KEY (council, case_id),
        CONSTRAINT ck_case_tombstone_mode CHECK (mode IN ('sandbox', 'live')))""",
    "CREATE UNIQUE INDEX uq_case_tombstone_reference ON case_tombstone (reference)",
)
_KEEP = (
    """CREATE FUNCTION keep_as_disposed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is kept as it was written', TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER keep_as_disposed BEFORE UPDATE OR DELETE OR TRUNCATE ON disposal_certificate
        FOR EACH STATEMENT EXECUTE FUNCTION keep_as_disposed()""",
    """CREATE TRIGGER keep_tombstone BEFORE UPDATE OF case_id, reference, mode, code, list_id, disposed_at,
        contents, digest ON case_tombstone EXECUTE FUNCTION keep_as_disposed()""",
    """CREATE TRIGGER keep_tombstone_row BEFORE DELETE OR TRUNCATE ON case_tombstone
        EXECUTE FUNCTION keep_as_disposed()""",
    """CREATE FUNCTION keep_entry_until_disposal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM case_tombstone t WHERE t.council = OLD.council
                AND t.case_id = OLD.case_id AND cardinality(t.contents) >= OLD.n) THEN
                RAISE EXCEPTION 'an entry of a case''s history is not changed';
            END IF;
            RETURN OLD;
        END $$""",
    "DROP TRIGGER keep_entry_row ON case_entry",
    "CREATE TRIGGER keep_all_entries BEFORE TRUNCATE ON case_entry EXECUTE FUNCTION keep_entry()",
    """CREATE TRIGGER keep_entry_row BEFORE DELETE ON case_entry
        FOR EACH ROW EXECUTE FUNCTION keep_entry_until_disposal()""",
    # It sees the tombstones of every council: a reference is unique in the region.
    """CREATE FUNCTION refuse_spent_reference() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            own text := current_setting('app.council', true);
        BEGIN
            PERFORM set_config('app.council', '*', true);
            IF EXISTS (SELECT FROM case_tombstone WHERE reference = NEW.reference) THEN
                RAISE unique_violation USING MESSAGE = 'this reference was that of a case which is gone';
            END IF;
            PERFORM set_config('app.council', own, true);
            RETURN NULL;
        END $$""",
    """CREATE TRIGGER refuse_spent_reference AFTER INSERT ON case_record
        FOR EACH ROW EXECUTE FUNCTION refuse_spent_reference()""",
)
_UNDO = (
    "DROP TRIGGER refuse_spent_reference ON case_record",
    "DROP FUNCTION refuse_spent_reference",
    "DROP TRIGGER keep_entry_row ON case_entry",
    "DROP TRIGGER keep_all_entries ON case_entry",
    "CREATE TRIGGER keep_entry_row BEFORE DELETE OR TRUNCATE ON case_entry EXECUTE FUNCTION keep_entry()",
    "DROP FUNCTION keep_entry_until_disposal",
)
_SECURED = ("legal_hold", "disposal_list", "disposal_item", "disposal_certificate", "case_tombstone")


def upgrade() -> None:
    for statement in (*_TABLES, *_KEEP):
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _UNDO:
        op.execute(statement)
    for table in reversed(_SECURED):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION keep_as_disposed")
    op.execute("DROP INDEX ix_case_record_disposal")
    op.execute("ALTER TABLE case_record DROP COLUMN dispose_on")

"""The audit: who changed what, for whom, by which credential. PostgreSQL keeps it as it was written.

Two walls: the role that serves may not change or delete an entry, and a trigger refuses it to the owner too.
Only the functions below remove anything, and each adds an entry that says so, in the same statement.
"""

from alembic import op

from chassis import migrations

revision = "0006"
down_revision = "0005"

_COLUMNS = """id, aggregate, aggregate_id, act, at, actor, actor_kind, credential, for_whom, mandate, changes,
    personal_digest, reason, trace_id"""
_REMOVER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS"
_ALLOW, _FORBID = (f"PERFORM set_config('app.audit_removal', '{value}', true);" for value in ("on", ""))
_ADD_ENTRY = f"""INSERT INTO audit (council, {_COLUMNS})
    SELECT council, {_COLUMNS} FROM jsonb_populate_record(NULL::audit, entry || jsonb_build_object(
        'changes', jsonb_build_object('entries', jsonb_build_array(removed, 0))));"""  # noqa: S608
_TABLES = (
    """CREATE TABLE audit (
        council text NOT NULL, id uuid NOT NULL, aggregate text NOT NULL, aggregate_id text NOT NULL,
        act text NOT NULL, at timestamptz NOT NULL, actor text NOT NULL, actor_kind text, credential text,
        for_whom text, mandate text, changes jsonb NOT NULL, personal_digest bytea, reason text,
        trace_id text,
        CONSTRAINT pk_audit PRIMARY KEY (council, id),
        CONSTRAINT ck_audit_actor_kind CHECK (actor_kind IN ('person', 'staff', 'client', 'system')))""",
    "CREATE INDEX ix_audit_aggregate ON audit (council, aggregate, aggregate_id, id)",
    "CREATE INDEX ix_audit_actor ON audit (council, actor, id)",
    """CREATE TABLE audit_personal (
        council text NOT NULL, id uuid NOT NULL, salt text NOT NULL, changes json NOT NULL,
        CONSTRAINT pk_audit_personal PRIMARY KEY (council, id))""",
)
_GUARDS = (
    """CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' AND current_setting('app.audit_removal', true) = 'on' THEN RETURN OLD; END IF;
        RAISE EXCEPTION '% is kept as it was written', TG_TABLE_NAME; END $$""",
    *(
        statement
        for table, columns in (("audit", _COLUMNS), ("audit_personal", "id, salt, changes"))
        for statement in (
            f"""CREATE TRIGGER keep_{table} BEFORE DELETE OR UPDATE OF {columns} ON {table}
            FOR EACH ROW EXECUTE FUNCTION keep_audit()""",
            f"""CREATE TRIGGER keep_all_{table} BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION keep_audit()""",
        )
    ),
    # Of the rights that the role that serves has to every table, these stay. A merge of councils moves rows.
    """DO $$ DECLARE role text; BEGIN
        FOR role IN SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)
                WHERE oid = 'audit'::regclass AND grantee NOT IN (relowner, 0) LOOP
            EXECUTE format('REVOKE ALL ON audit, audit_personal FROM %s', role);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE (council) ON audit, audit_personal TO %s', role);
        END LOOP; END $$""",
)
_REMOVERS = (
    f"""CREATE FUNCTION erase_audit(entry jsonb) RETURNS integer {_REMOVER} $$
        DECLARE removed integer; BEGIN
        {_ALLOW}
        DELETE FROM audit_personal p USING audit a
            WHERE a.council = entry->>'council' AND a.aggregate = entry->>'aggregate'
            AND a.aggregate_id = entry->>'aggregate_id' AND p.council = a.council AND p.id = a.id;
        GET DIAGNOSTICS removed = ROW_COUNT;
        {_FORBID}
        {_ADD_ENTRY} RETURN removed; END $$""",  # noqa: S608
    f"""CREATE FUNCTION purge_audit(entry jsonb, before timestamptz, most integer) RETURNS integer
        {_REMOVER} $$ DECLARE removed integer; BEGIN
        {_ALLOW}
        WITH old AS (SELECT council, id FROM audit WHERE council = entry->>'council'
                AND aggregate = entry->>'aggregate' AND at < before LIMIT most),
            personal AS (DELETE FROM audit_personal p USING old o WHERE p.council = o.council AND p.id = o.id)
        DELETE FROM audit a USING old o WHERE a.council = o.council AND a.id = o.id;
        GET DIAGNOSTICS removed = ROW_COUNT;
        {_FORBID}
        IF removed > 0 THEN {_ADD_ENTRY} END IF; RETURN removed; END $$""",  # noqa: S608
)


def upgrade() -> None:
    for statement in (*_TABLES, *_GUARDS, *_REMOVERS):
        op.execute(statement)
    for table in ("audit", "audit_personal"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in (
        "DROP FUNCTION purge_audit(jsonb, timestamptz, integer), erase_audit(jsonb)",
        "DROP TABLE audit_personal, audit",
        "DROP FUNCTION keep_audit()",
    ):
        op.execute(statement)

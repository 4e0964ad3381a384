"""The histories of services, upstreams and roles become entries of the audit, which every service has.

Entries of before know neither the credential nor the kind of actor. Going down makes the tables anew and
leaves the entries where they are: going up again finds them there.
"""

from alembic import op

from chassis import migrations

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# An id as the API shows it (``ids.show``): 26 digits to the base of 32.
_SHOWN = """(SELECT string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + substring(
        B'00' || ('x' || replace({}::text, '-', ''))::bit(128) FROM 1 + 5 * n FOR 5)::integer, 1), ''
        ORDER BY n)
    FROM generate_series(0, 25) AS n)"""
_CARRY = """INSERT INTO audit (council, id, aggregate, aggregate_id, act, at, actor, actor_kind, changes)
    SELECT council, id, '{aggregate}', {own_id}, act, at, actor,
        CASE actor WHEN 'jwks_uri' THEN 'system' END, {changes} FROM {table}
    ON CONFLICT (council, id) DO NOTHING"""
_HISTORIES = (
    ("service_history", "identity.service", "client"),
    ("upstream_history", "identity.upstream", "upstream"),
)
_ASSIGNED = """jsonb_build_object('role', CASE act WHEN 'given' THEN jsonb_build_array(NULL, role)
    ELSE jsonb_build_array(role, NULL) END)"""
_ROLES = (
    ("identity.role", "role", "changes", "role_change WHERE staff IS NULL"),
    ("identity.staff", _SHOWN.format("staff"), _ASSIGNED, "role_change WHERE staff IS NOT NULL"),
)
_ACTS = {
    "service_history": "'registered', 'changed', 'secret-made', 'secret-ended', 'keys-read', 'retired'",
    "upstream_history": "'registered', 'changed', 'keys-made', 'secret-set', 'removed'",
}
_ROLE_CHANGE = (
    """CREATE TABLE role_change (
        council text NOT NULL, id uuid NOT NULL, act text NOT NULL, role text NOT NULL, staff uuid,
        actor text NOT NULL, changes jsonb NOT NULL, at timestamptz NOT NULL,
        CONSTRAINT pk_role_change PRIMARY KEY (council, id),
        CONSTRAINT ck_role_change_act CHECK (act IN ('made', 'changed', 'removed', 'given', 'taken')),
        CONSTRAINT ck_role_change_to_whom CHECK ((act IN ('given', 'taken')) = (staff IS NOT NULL)))""",
    "CREATE INDEX ix_role_change_staff ON role_change (council, staff, id) WHERE staff IS NOT NULL",
)


def upgrade() -> None:
    op.execute("SELECT set_config('app.council', '*', true)")  # row security would hide the rows
    for table, aggregate, column in _HISTORIES:
        own_id = _SHOWN.format(column)
        op.execute(_CARRY.format(aggregate=aggregate, own_id=own_id, changes="changes", table=table))
    for aggregate, own_id, changes, table in _ROLES:
        op.execute(_CARRY.format(aggregate=aggregate, own_id=own_id, changes=changes, table=table))
    op.execute("SELECT set_config('app.council', '', true)")
    op.execute("DROP TABLE service_history, upstream_history, role_change")


def downgrade() -> None:
    for table, _, column in _HISTORIES:
        op.execute(
            f"""CREATE TABLE {table} (
            council text NOT NULL, {column} uuid NOT NULL, id uuid NOT NULL, act text NOT NULL,
            actor text NOT NULL, changes jsonb NOT NULL, at timestamptz NOT NULL,
            CONSTRAINT pk_{table} PRIMARY KEY (council, {column}, id),
            CONSTRAINT ck_{table}_act CHECK (act IN ({_ACTS[table]})))"""
        )
        _keep(table, f"{column}, id, act, actor, changes, at")
    for statement in _ROLE_CHANGE:
        op.execute(statement)
    _keep("role_change", "id, act, role, staff, actor, changes, at")


def _keep(table: str, columns: str) -> None:
    """Let a trigger refuse that rows are deleted or changed."""
    op.execute(
        f"""CREATE TRIGGER keep_{table} BEFORE DELETE OR UPDATE OF {columns} ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()"""
    )
    migrations.secure_rows(table)

"""Councils may be merged and split later: nothing is derived from a slug, and ``council`` can be changed.

Subjects come from ``sector``, which has the slug for what was there before, so that every ``sub`` and ``sid``
stays, and a random id for new councils. The URLs of an upstream keep the slug they were registered with.
Foreign keys with ``council`` can be deferred. Records stay as they were written, but for their council.

The triggers ``fill_*`` are for versions of the service that know none of the columns. Drop them later.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ALTER_KEYS = """DO $$ DECLARE key record; BEGIN
    FOR key IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey) AND attname = 'council'
        WHERE contype = 'f' LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I {}', key.name, key.conname);
    END LOOP; END $$"""
_ROLE = "FOREIGN KEY (council, role) REFERENCES role (council, name) ON DELETE CASCADE"
# Every column but ``council``; of proofs those that never change.
_RECORDS = {
    "identity_access": "id, account, proof, act, actor, at",
    "role_change": "id, act, role, staff, actor, changes, at",
    "service_history": "client, id, act, actor, changes, at",
    "upstream_history": "upstream, id, act, actor, changes, at",
    "proof": "id, account, route, level, evidence, proved_by, proved_at, expires_at",
}
_SECTORS = (
    """CREATE TABLE sector (
        council text NOT NULL, id text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_sector PRIMARY KEY (council, id), CONSTRAINT uq_sector_id UNIQUE (id))""",
    """INSERT INTO sector (council, id) SELECT slug, slug FROM council
        UNION SELECT council, council FROM client UNION SELECT 'region', 'region'""",
    """CREATE FUNCTION add_sector() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO sector (council, id) VALUES (NEW.slug, gen_random_uuid()::text); RETURN NULL; END $$""",
    """CREATE TRIGGER add_sector AFTER INSERT ON council FOR EACH ROW EXECUTE FUNCTION add_sector()""",
    *(
        statement
        for table in ("client", "token_grant", "logout_notice")
        for statement in (
            f"ALTER TABLE {table} ADD COLUMN sector text",
            f"ALTER TABLE {table} ALTER COLUMN sector TYPE text USING council",
            f"ALTER TABLE {table} ALTER COLUMN sector SET NOT NULL",
        )
    ),
    "ALTER TABLE client ADD CONSTRAINT fk_client_sector FOREIGN KEY (sector) REFERENCES sector (id)",
    """CREATE FUNCTION choose_sector() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        SELECT id INTO NEW.sector FROM sector WHERE council = NEW.council
            ORDER BY created_at DESC, id DESC LIMIT 1;
        RETURN NEW; END $$""",
    """CREATE TRIGGER choose_sector BEFORE INSERT ON client FOR EACH ROW WHEN (NEW.sector IS NULL)
        EXECUTE FUNCTION choose_sector()""",
    """CREATE FUNCTION fill_sector() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.sector := NEW.council; RETURN NEW; END $$""",
    *(
        f"""CREATE TRIGGER fill_sector BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.sector IS NULL)
        EXECUTE FUNCTION fill_sector()"""
        for table in ("token_grant", "logout_notice")
    ),
)
_URLS = (
    "ALTER TABLE upstream ADD COLUMN url_slug text",
    "ALTER TABLE upstream ALTER COLUMN url_slug TYPE text USING council",
    "ALTER TABLE upstream ALTER COLUMN url_slug SET NOT NULL",
    """CREATE FUNCTION fill_url_slug() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.url_slug := NEW.council; RETURN NEW; END $$""",
    """CREATE TRIGGER fill_url_slug BEFORE INSERT ON upstream FOR EACH ROW WHEN (NEW.url_slug IS NULL)
        EXECUTE FUNCTION fill_url_slug()""",
)
_DOWN = (
    "DROP TRIGGER fill_url_slug ON upstream",
    "ALTER TABLE upstream DROP COLUMN url_slug",
    *(f"DROP TRIGGER fill_sector ON {table}" for table in ("token_grant", "logout_notice")),
    "DROP TRIGGER choose_sector ON client",
    "DROP TRIGGER add_sector ON council",
    *(f"DROP FUNCTION {name}()" for name in ("fill_url_slug", "fill_sector", "choose_sector", "add_sector")),
    *(f"ALTER TABLE {table} DROP COLUMN sector" for table in ("client", "token_grant", "logout_notice")),
    "DROP TABLE sector",
)


def upgrade() -> None:
    op.execute("SELECT set_config('app.council', '*', true)")  # row security would hide the clients
    for statement in (*_SECTORS, *_URLS):
        op.execute(statement)
    op.execute("SELECT set_config('app.council', '', true)")
    _replace_role_key("ON UPDATE CASCADE")
    op.execute(_ALTER_KEYS.format("DEFERRABLE INITIALLY IMMEDIATE"))
    for table, columns in _RECORDS.items():
        _keep(table, f"UPDATE OF {columns}")


def downgrade() -> None:
    """Undo. Only while every council is as it was: the subjects of a merged one would change."""
    for table, columns in _RECORDS.items():
        _keep(table, f"UPDATE OF {columns}, council" if table == "proof" else "UPDATE")
    _replace_role_key("")
    op.execute(_ALTER_KEYS.format("NOT DEFERRABLE"))
    for statement in _DOWN:
        op.execute(statement)


def _keep(table: str, update: str) -> None:
    """Let a trigger refuse that rows are deleted or changed so."""
    op.execute(f"DROP TRIGGER keep_{table} ON {table}")
    op.execute(
        f"""CREATE TRIGGER keep_{table} BEFORE DELETE OR {update} ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_as_written()"""
    )


def _replace_role_key(clause: str) -> None:
    """Replace the key from a given role to the role."""
    op.execute("ALTER TABLE staff_role DROP CONSTRAINT fk_staff_role_council_role")
    op.execute(f"ALTER TABLE staff_role ADD CONSTRAINT fk_staff_role_council_role {_ROLE} {clause}")

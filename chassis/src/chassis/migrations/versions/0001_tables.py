"""The tables every service has."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = (
    """CREATE TABLE council (
        slug text CONSTRAINT pk_council PRIMARY KEY, name text NOT NULL, gss text NOT NULL,
        region text NOT NULL, status text NOT NULL DEFAULT 'active',
        settings jsonb NOT NULL DEFAULT '{}'::jsonb, version integer NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_council_gss UNIQUE (gss))""",
    """CREATE TABLE revoked_token (
        council text NOT NULL, id text NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_revoked_token PRIMARY KEY (council, id))""",
    """CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY,
        txid xid8 NOT NULL DEFAULT pg_current_xact_id(), council text NOT NULL, event_id uuid NOT NULL,
        nats_subject text NOT NULL, envelope text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE TABLE inbox (
        council text NOT NULL, consumer text NOT NULL, event_id uuid NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_inbox PRIMARY KEY (council, consumer, event_id))""",
    """CREATE TABLE idempotency (
        council text NOT NULL, caller text NOT NULL, operation text NOT NULL, key text NOT NULL,
        fingerprint bytea NOT NULL, status integer, answer jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency PRIMARY KEY (council, caller, operation, key))""",
)
_NOTIFICATIONS = (
    """CREATE FUNCTION tell_listeners() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('townhall_' || TG_TABLE_NAME, ''); RETURN NULL; END $$""",
    *(
        f"""CREATE TRIGGER tell_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_listeners()"""
        for table in ("council", "revoked_token")
    ),
    """CREATE TRIGGER tell_outbox AFTER INSERT ON outbox
        FOR EACH STATEMENT EXECUTE FUNCTION tell_listeners()""",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_NOTIFICATIONS):
        op.execute(statement)


def downgrade() -> None:
    for table in ("idempotency", "inbox", "outbox", "revoked_token", "council"):
        op.drop_table(table)
    op.execute("DROP FUNCTION tell_listeners()")

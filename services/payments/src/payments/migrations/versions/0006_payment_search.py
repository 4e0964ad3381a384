"""Search: keys in which payments are found and put in order, and counts of them by day.

PostgreSQL looks at a row-level security policy before any condition that calls a function which might
leak its arguments, so under one it never uses an index on ``lower(reference)`` or for ILIKE. References and
states are therefore columns. For parts of e-mail addresses and names ``search_payers`` applies the policy
itself: it runs as the owner, to whom the policies show every payer.
"""

from alembic import op

from chassis import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATE = """CASE status
    WHEN 'authorising' THEN 'started' WHEN 'challenged' THEN 'started' WHEN 'authorised' THEN 'submitted'
    WHEN 'capturing' THEN 'success' WHEN 'captured' THEN 'success' WHEN 'declined' THEN 'failed'
    WHEN 'expired' THEN 'failed' WHEN 'cancelled-by-user' THEN 'failed'
    WHEN 'cancelled-by-service' THEN 'cancelled' ELSE status END"""
_PAYMENTS = (
    f"""ALTER TABLE payment
        ADD COLUMN state text GENERATED ALWAYS AS ({_STATE}) STORED NOT NULL,
        ADD COLUMN reference_key text GENERATED ALWAYS AS (lower(reference)) STORED NOT NULL""",
    "DROP INDEX ix_payment_account, ix_payment_reference, ix_payment_status, ix_refund_account",
    "CREATE INDEX ix_payment_created ON payment (council, account, created_at, id)",
    "CREATE INDEX ix_payment_state ON payment (council, account, state, created_at, id)",
    "CREATE INDEX ix_payment_reference ON payment (council, account, reference_key, created_at, id)",
    """CREATE INDEX ix_payment_settled ON payment (council, account, settled_on, created_at, id)
        WHERE settled_on IS NOT NULL""",
    "CREATE INDEX ix_refund_created ON refund (council, account, created_at, id)",
    """CREATE INDEX ix_refund_settled ON refund (council, account, settled_on, created_at, id)
        WHERE settled_on IS NOT NULL""",
)
_PAYERS = (
    """ALTER TABLE payer ADD COLUMN account uuid, ADD COLUMN created_at timestamptz,
        ADD COLUMN mailbox text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN email LIKE '%@%@%' THEN '@'
            ELSE reverse(lower(split_part(email, '@', 1))) END) STORED""",
    """UPDATE payer SET account = payment.account, created_at = payment.created_at FROM payment
        WHERE payment.council = payer.council AND payment.id = payer.payment""",
    "ALTER TABLE payer ALTER COLUMN account SET NOT NULL, ALTER COLUMN created_at SET NOT NULL",
    """CREATE INDEX ix_payer_created ON payer (council, account, created_at, payment)
        INCLUDE (email, cardholder_name)""",
    """CREATE INDEX ix_payer_mailbox ON payer (council, account, mailbox, created_at, payment)
        WHERE mailbox IS NOT NULL""",
    """CREATE INDEX ix_payer_last_digits ON payer (council, account, last_digits, created_at, payment)
        WHERE last_digits IS NOT NULL""",
    """CREATE INDEX ix_payer_first_digits ON payer (council, account, first_digits, created_at, payment)
        WHERE first_digits IS NOT NULL""",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    # A search reads the whole list of rows that are not yet in the index, so it is kept short.
    """CREATE INDEX ix_payer_parts ON payer
        USING gin (account, email gin_trgm_ops, cardholder_name gin_trgm_ops)
        WITH (gin_pending_list_limit = 256)""",
    "CREATE POLICY search_payers ON payer FOR SELECT TO CURRENT_USER USING (true)",
    """CREATE FUNCTION search_payers(
            of_account uuid, email_part text, name_part text, since timestamptz, until timestamptz,
            most integer)
        RETURNS TABLE (payment uuid, created_at timestamptz)
        LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = public, pg_temp AS $$
        BEGIN
            -- Planned anew each time: how common the parts are decides the plan.
            RETURN QUERY EXECUTE 'SELECT p.payment, p.created_at FROM payer p
                WHERE p.council = current_setting(''app.council'', true) AND p.account = $1
                AND p.created_at >= $4 AND p.created_at < $5'
                || CASE WHEN email_part IS NULL THEN '' ELSE ' AND p.email ILIKE $2' END
                || CASE WHEN name_part IS NULL THEN '' ELSE ' AND p.cardholder_name ILIKE $3' END
                || ' LIMIT $6'
                USING of_account, email_part, name_part, since, until, most;
        END $$""",
)
_KEY = "council text NOT NULL, account uuid NOT NULL, subject text NOT NULL, state text NOT NULL"
_SUBJECT = "CHECK (subject IN ('payment', 'refund'))"
_COUNTS = (
    f"""CREATE TABLE daily_count (
        {_KEY}, day date NOT NULL, number bigint NOT NULL,
        CONSTRAINT pk_daily_count PRIMARY KEY (council, account, subject, state, day),
        CONSTRAINT ck_daily_count_subject {_SUBJECT})""",
    f"""CREATE TABLE daily_count_change (
        council text NOT NULL, id bigint GENERATED ALWAYS AS IDENTITY, account uuid NOT NULL,
        subject text NOT NULL, state text NOT NULL, day date NOT NULL, number bigint NOT NULL,
        CONSTRAINT pk_daily_count_change PRIMARY KEY (council, id),
        CONSTRAINT ck_daily_count_change_subject {_SUBJECT})
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_insert_threshold = -1)""",
    "CREATE INDEX ix_daily_count_change_account ON daily_count_change (council, account, subject, day)",
)
_ADD = "INSERT INTO daily_count_change (council, account, subject, state, day, number)"
_DAY = "(created_at AT TIME ZONE 'UTC')::date"


def _count_rows(subject: str, state: str, rows: str, sign: str) -> str:
    """Write the trigger's statement that counts the rows a statement wrote or deleted."""
    return f"""{_ADD} SELECT council, account, '{subject}', {state}, {_DAY}, {sign}count(*)
        FROM {rows} GROUP BY council, account, {state}, {_DAY};"""  # noqa: S608


def _function(name: str, statement: str) -> str:
    return f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN {statement} RETURN NULL; END $$"""


_FUNCTIONS = {
    "count_new_payments": _count_rows("payment", "state", "added", ""),
    "count_deleted_payments": _count_rows("payment", "state", "removed", "-"),
    "count_new_refunds": _count_rows("refund", "'any'::text", "added", ""),
    "count_deleted_refunds": _count_rows("refund", "'any'::text", "removed", "-"),
    "count_payment_state": f"""{_ADD} SELECT NEW.council, NEW.account, 'payment', state,
        (NEW.created_at AT TIME ZONE 'UTC')::date, number FROM (VALUES (OLD.state, -1), (NEW.state, 1))
        AS changes (state, number);""",  # noqa: S608
}
_TRIGGERS = (
    *(
        f"""CREATE TRIGGER count_{which}_{table}s AFTER {event} ON {table}
        REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION count_{which}_{table}s()"""
        for table in ("payment", "refund")
        for which, event, rows in (
            ("new", "INSERT", "NEW TABLE AS added"),
            ("deleted", "DELETE", "OLD TABLE AS removed"),
        )
    ),
    """CREATE TRIGGER count_payment_state AFTER UPDATE ON payment FOR EACH ROW
        WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION count_payment_state()""",
)
_FIRST_COUNTS = (
    "SELECT set_config('app.council', '*', true)",
    f"""INSERT INTO daily_count (council, account, subject, state, day, number)
        SELECT council, account, 'payment', state, {_DAY}, count(*) FROM payment
        GROUP BY council, account, state, {_DAY}
        UNION ALL SELECT council, account, 'refund', 'any', {_DAY}, count(*) FROM refund
        GROUP BY council, account, {_DAY}""",  # noqa: S608
)
_DOWN = (
    *(f"DROP FUNCTION {name} CASCADE" for name in _FUNCTIONS),
    "DROP TABLE daily_count, daily_count_change",
    "DROP FUNCTION search_payers",
    "DROP POLICY search_payers ON payer",
    "DROP INDEX ix_payer_parts",
    "DROP EXTENSION btree_gin",
    "DROP EXTENSION pg_trgm",
    "ALTER TABLE payer DROP COLUMN account, DROP COLUMN created_at, DROP COLUMN mailbox",
    "DROP INDEX ix_payment_created, ix_payment_settled, ix_refund_created, ix_refund_settled",
    "ALTER TABLE payment DROP COLUMN state, DROP COLUMN reference_key",
    "CREATE INDEX ix_payment_account ON payment (council, account, id)",
    "CREATE INDEX ix_payment_reference ON payment (council, account, lower(reference), id)",
    "CREATE INDEX ix_payment_status ON payment (council, account, status, id)",
    "CREATE INDEX ix_refund_account ON refund (council, account, id)",
)


def upgrade() -> None:
    for statement in (_FIRST_COUNTS[0], *_PAYMENTS, *_PAYERS, *_COUNTS):
        op.execute(statement)
    for table in ("daily_count", "daily_count_change"):
        migrations.secure_rows(table)
    for name, body in _FUNCTIONS.items():
        op.execute(_function(name, body))
    for statement in (*_TRIGGERS, *_FIRST_COUNTS):
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

"""Retention: when what is personal of a payment is erased, and holds that keep it."""

from alembic import op

from chassis import migrations

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# Longer than any fund keeps a payer's data: payments of the release before this one go by it.
_DEFAULT = "((now() AT TIME ZONE 'UTC') + interval '84 months')::date"
_KEPT = "BEFORE UPDATE OF id, mode, kind, subject, line, amount, reason, content, maker_limit, status"
_WHO = "requested_by, requested_at, checked_by, checked_at, result"
_OF_FILE = ("council", "id", "mode", "day", "number", "kind", "fund", "name", "hash", "lines", "total")


def _name(row: str) -> str:
    """Name the columns of an export that stay as they are."""
    return ", ".join(f"{row}.{column}" for column in _OF_FILE)


_UP = (
    "SELECT set_config('app.council', '*', true)",
    f"""ALTER TABLE payment ADD COLUMN erase_on date DEFAULT {_DEFAULT},
        ADD COLUMN erased_at timestamptz""",
    """UPDATE payment SET erase_on = ((payment.created_at AT TIME ZONE 'Europe/London')
            + make_interval(months => lines.months))::date
        FROM (SELECT council, payment, max(retention_months) AS months FROM payment_line
            GROUP BY council, payment) lines
        WHERE lines.council = payment.council AND lines.payment = payment.id""",
    "CREATE INDEX ix_payment_erase_on ON payment (council, erase_on, id) WHERE erase_on IS NOT NULL",
    """CREATE TABLE payment_hold (
        council text NOT NULL, payment uuid NOT NULL, reason text NOT NULL, placed_by jsonb NOT NULL,
        placed_at timestamptz NOT NULL,
        CONSTRAINT pk_payment_hold PRIMARY KEY (council, payment),
        CONSTRAINT fk_payment_hold_council_payment_payment FOREIGN KEY (council, payment)
            REFERENCES payment (council, id) DEFERRABLE)""",
    "CREATE INDEX ix_bank_line_words ON bank_line (council, booked_on) WHERE reference <> '' OR text <> ''",
    """CREATE INDEX ix_office_request_words ON office_request (council, requested_at)
        WHERE note <> '' OR answer <> '' OR requested_by_name <> '' OR checked_by_name <> ''""",
    "ALTER TABLE agreement ADD COLUMN is_erased boolean NOT NULL DEFAULT false",
    """CREATE INDEX ix_agreement_unerased ON agreement (council, created_at)
        WHERE NOT is_erased AND state <> 'active'""",
    # The words of staff, as the payer's data, are erased; a file of a close may only lose its content.
    f"""CREATE OR REPLACE TRIGGER keep_request {_KEPT}, {_WHO}
        ON office_request FOR EACH ROW EXECUTE FUNCTION keep_request()""",
    """CREATE OR REPLACE TRIGGER keep_as_posted BEFORE DELETE OR TRUNCATE ON export_file
        FOR EACH STATEMENT EXECUTE FUNCTION keep_as_posted()""",
    """CREATE FUNCTION keep_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'export % is kept as it was sent; only its content is erased', OLD.id;
    END $$""",
    f"""CREATE TRIGGER keep_content BEFORE UPDATE ON export_file FOR EACH ROW
        WHEN (NEW.content <> ''::bytea OR ({_name("OLD")}) IS DISTINCT FROM ({_name("NEW")}))
        EXECUTE FUNCTION keep_content()""",
)
_DOWN = (
    "DROP TRIGGER keep_content ON export_file",
    "DROP FUNCTION keep_content",
    """CREATE OR REPLACE TRIGGER keep_as_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON export_file
        FOR EACH STATEMENT EXECUTE FUNCTION keep_as_posted()""",
    f"""CREATE OR REPLACE TRIGGER keep_request {_KEPT}, {_WHO}, answer
        ON office_request FOR EACH ROW EXECUTE FUNCTION keep_request()""",
    "DROP INDEX ix_bank_line_words, ix_office_request_words",
    "ALTER TABLE agreement DROP COLUMN is_erased",
    "DROP TABLE payment_hold",
    "DROP INDEX ix_payment_erase_on",
    "ALTER TABLE payment DROP COLUMN erase_on, DROP COLUMN erased_at",
)


# The policy shows every payer to the owner, so the function opens nothing else: only to the role that serves,
# an account of the council alone, names that nobody can shadow, and no more rows than a search looks at.
_SEARCH = """CREATE OR REPLACE FUNCTION search_payers(
        of_account uuid, email_part text, name_part text, since timestamptz, until timestamptz, most integer)
    RETURNS TABLE (payment uuid, created_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = {path} AS $$
    BEGIN
        {check}
        -- Planned anew each time: how common the parts are decides the plan.
        RETURN QUERY EXECUTE 'SELECT p.payment, p.created_at FROM public.payer p
            WHERE p.council = current_setting(''app.council'', true) AND p.account = $1
            AND p.created_at >= $4 AND p.created_at < $5'
            || CASE WHEN email_part IS NULL THEN '' ELSE ' AND p.email ILIKE $2' END
            || CASE WHEN name_part IS NULL THEN '' ELSE ' AND p.cardholder_name ILIKE $3' END
            || ' LIMIT $6'
            USING of_account, email_part, name_part, since, until, {most};
    END $$"""
_CHECK = """IF email_part IS NULL AND name_part IS NULL OR NOT EXISTS (SELECT FROM public.gateway_account a
            WHERE a.council = current_setting('app.council', true) AND a.id = of_account) THEN
            RETURN;
        END IF;"""
_MOST = "LEAST(coalesce(most, 0), 10001)"
_NARROW = (
    _SEARCH.format(path="pg_catalog, public, pg_temp", check=_CHECK, most=_MOST),
    """DO $$ DECLARE role text; BEGIN
        REVOKE ALL ON FUNCTION search_payers FROM PUBLIC;
        FOR role IN SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)
                WHERE oid = 'payer'::regclass AND grantee NOT IN (relowner, 0) LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION search_payers TO %s', role);
        END LOOP; END $$""",
)
_WIDEN = (
    _SEARCH.format(path="public, pg_temp", check="", most="most"),
    "GRANT EXECUTE ON FUNCTION search_payers TO PUBLIC",
)


def upgrade() -> None:
    for statement in (*_UP, *_NARROW):
        op.execute(statement)
    migrations.secure_rows("payment_hold")


def downgrade() -> None:
    for statement in (*_DOWN, *_WIDEN):
        op.execute(statement)

"""Settlements, bank statements, exceptions, and the close of a day, which no posting comes after."""

from alembic import op

from chassis import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MODE = "CHECK (mode IN ('sandbox', 'live'))"
_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_UP: tuple[str, ...] = (
    f"""CREATE TABLE settlement (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, account uuid NOT NULL,
        provider_id text NOT NULL, reference text NOT NULL, amount bigint NOT NULL,
        currency text NOT NULL, is_reversed boolean NOT NULL, lines integer NOT NULL,
        gross bigint NOT NULL, fee bigint NOT NULL, paid_at timestamptz NOT NULL,
        arrival_on date NOT NULL, imported_at timestamptz NOT NULL,
        CONSTRAINT pk_settlement PRIMARY KEY (council, id),
        CONSTRAINT ck_settlement_mode {_MODE},
        CONSTRAINT uq_settlement_council_account_provider_id UNIQUE (council, account, provider_id),
        CONSTRAINT fk_settlement_council_account FOREIGN KEY (council, account)
            REFERENCES gateway_account (council, id) {_DEFERRABLE})""",
    "CREATE INDEX ix_settlement_arrival_on ON settlement (council, mode, arrival_on)",
    "CREATE INDEX ix_settlement_magnitude ON settlement (council, mode, abs(amount))",
    f"""CREATE TABLE settlement_line (
        council text NOT NULL, settlement uuid NOT NULL, n integer NOT NULL,
        provider_id text NOT NULL, kind text NOT NULL, amount bigint NOT NULL, fee bigint NOT NULL,
        currency text NOT NULL, authorisation text, source text, payment uuid, refund uuid,
        rule text, item uuid,
        CONSTRAINT pk_settlement_line PRIMARY KEY (council, settlement, n),
        CONSTRAINT fk_settlement_line_council_settlement FOREIGN KEY (council, settlement)
            REFERENCES settlement (council, id) {_DEFERRABLE})""",
    "CREATE INDEX ix_settlement_line_payment ON settlement_line (council, payment)",
    "CREATE INDEX ix_settlement_line_refund ON settlement_line (council, refund)",
    """CREATE INDEX ix_settlement_line_unmatched
        ON settlement_line (council, settlement, n) WHERE rule IS NULL""",
    f"""CREATE TABLE bank_account (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, name text NOT NULL,
        identification text NOT NULL, receives_payouts boolean NOT NULL, created_by jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_bank_account PRIMARY KEY (council, id),
        CONSTRAINT ck_bank_account_mode {_MODE})""",
    "CREATE UNIQUE INDEX uq_bank_account_identification ON bank_account (council, mode, identification)",
    f"""CREATE TABLE statement_file (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, format text NOT NULL,
        hash bytea NOT NULL, size integer NOT NULL, imported_by jsonb NOT NULL,
        imported_at timestamptz NOT NULL,
        CONSTRAINT pk_statement_file PRIMARY KEY (council, id),
        CONSTRAINT ck_statement_file_mode {_MODE})""",
    "CREATE UNIQUE INDEX uq_statement_file_hash ON statement_file (council, mode, hash)",
    f"""CREATE TABLE bank_statement (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, file uuid NOT NULL,
        account uuid NOT NULL, identity text NOT NULL, digest bytea NOT NULL, from_date date,
        to_date date NOT NULL, opening bigint NOT NULL, closing bigint NOT NULL,
        lines integer NOT NULL,
        CONSTRAINT pk_bank_statement PRIMARY KEY (council, id),
        CONSTRAINT ck_bank_statement_mode {_MODE},
        CONSTRAINT uq_bank_statement_council_account_identity UNIQUE (council, account, identity),
        CONSTRAINT fk_bank_statement_council_file FOREIGN KEY (council, file)
            REFERENCES statement_file (council, id) {_DEFERRABLE},
        CONSTRAINT fk_bank_statement_council_account FOREIGN KEY (council, account)
            REFERENCES bank_account (council, id) {_DEFERRABLE})""",
    f"""CREATE TABLE bank_line (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, account uuid NOT NULL,
        statement uuid NOT NULL, n integer NOT NULL, file_line integer NOT NULL,
        amount bigint NOT NULL, booked_on date NOT NULL, value_on date NOT NULL,
        reference text NOT NULL, text text NOT NULL, is_for_payouts boolean NOT NULL,
        has_fund_reference boolean NOT NULL, settlement uuid, rule text, match uuid,
        CONSTRAINT pk_bank_line PRIMARY KEY (council, id),
        CONSTRAINT ck_bank_line_mode {_MODE},
        CONSTRAINT uq_bank_line_council_statement_n UNIQUE (council, statement, n),
        CONSTRAINT fk_bank_line_council_statement FOREIGN KEY (council, statement)
            REFERENCES bank_statement (council, id) {_DEFERRABLE},
        CONSTRAINT fk_bank_line_council_settlement FOREIGN KEY (council, settlement)
            REFERENCES settlement (council, id) {_DEFERRABLE})""",
    "CREATE INDEX ix_bank_line_magnitude ON bank_line (council, mode, abs(amount))",
    "CREATE INDEX ix_bank_line_settlement ON bank_line (council, settlement)",
    f"""CREATE TABLE reconciliation_exception (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, kind text NOT NULL,
        settlement uuid, line integer, bank_line uuid, payment uuid, amount bigint NOT NULL,
        opened_at timestamptz NOT NULL, closed_at timestamptz,
        CONSTRAINT pk_reconciliation_exception PRIMARY KEY (council, id),
        CONSTRAINT ck_reconciliation_exception_mode {_MODE},
        CONSTRAINT uq_reconciliation_exception_subject
            UNIQUE NULLS NOT DISTINCT (council, kind, settlement, line, bank_line, payment))""",
    """CREATE INDEX ix_reconciliation_exception_open
        ON reconciliation_exception (council, mode, id) WHERE closed_at IS NULL""",
    "CREATE INDEX ix_reconciliation_exception_payment ON reconciliation_exception (council, payment)",
    "CREATE INDEX ix_reconciliation_exception_settlement ON reconciliation_exception (council, settlement)",
    """CREATE TABLE reconciliation_settings (
        council text NOT NULL, settings jsonb NOT NULL, version integer NOT NULL,
        updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_reconciliation_settings PRIMARY KEY (council))""",
    f"""CREATE TABLE day_close (
        council text NOT NULL, mode text NOT NULL, day date NOT NULL, number integer NOT NULL,
        first_day date NOT NULL, summary jsonb NOT NULL, closed_by jsonb NOT NULL,
        closed_at timestamptz NOT NULL,
        CONSTRAINT pk_day_close PRIMARY KEY (council, mode, day),
        CONSTRAINT ck_day_close_mode {_MODE},
        CONSTRAINT uq_day_close_council_mode_number UNIQUE (council, mode, number))""",
    f"""CREATE TABLE export_file (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, day date NOT NULL,
        number integer NOT NULL, kind text NOT NULL, fund uuid, name text NOT NULL,
        content bytea NOT NULL, hash bytea NOT NULL, lines integer NOT NULL, total bigint NOT NULL,
        CONSTRAINT pk_export_file PRIMARY KEY (council, id),
        CONSTRAINT ck_export_file_mode {_MODE},
        CONSTRAINT uq_export_file_council_mode_number UNIQUE (council, mode, number))""",
    "CREATE INDEX ix_export_file_day ON export_file (council, mode, day)",
    "DROP INDEX ix_payment_provider_id",
    "CREATE INDEX ix_payment_provider_id ON payment (council, provider_id, account)",
    "CREATE INDEX ix_refund_provider_id ON refund (council, provider_id, account)",
    """CREATE INDEX ix_payment_unsettled ON payment (council, mode, captured_at)
        WHERE settled_on IS NULL AND captured_at IS NOT NULL""",
)
# Whoever posts has the day's lock shared; who closes the day waits for them, and they see the close after.
_REFUSE = """CREATE FUNCTION refuse_closed_day() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE chosen record;
    BEGIN
        FOR chosen IN SELECT DISTINCT council, mode, taken_on FROM added ORDER BY council, mode, taken_on LOOP
            PERFORM pg_advisory_xact_lock_shared(
                hashtextextended(concat_ws(' ', chosen.council, chosen.mode, chosen.taken_on), 7));
            PERFORM FROM day_close c WHERE c.council = chosen.council AND c.mode = chosen.mode
                AND c.day >= chosen.taken_on;
            IF FOUND THEN
                RAISE EXCEPTION 'the day % is closed', chosen.taken_on USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        RETURN NULL;
    END $$"""
_HOLD_CLOSE = """CREATE TRIGGER refuse_closed_day AFTER INSERT ON ledger_transaction
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_day()"""
_KEPT = ("day_close", "export_file")
_TABLES = (
    "settlement", "settlement_line", "bank_account", "statement_file", "bank_statement", "bank_line",
    "reconciliation_exception", "reconciliation_settings", *_KEPT,
)  # fmt: skip


def upgrade() -> None:
    for statement in (*_UP, _REFUSE, _HOLD_CLOSE):
        op.execute(statement)
    for table in _KEPT:
        op.execute(
            f"""CREATE TRIGGER keep_as_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION keep_as_posted()"""
        )
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    op.execute("DROP TRIGGER refuse_closed_day ON ledger_transaction")
    op.execute("DROP FUNCTION refuse_closed_day")
    op.execute("DROP INDEX ix_payment_unsettled, ix_refund_provider_id, ix_payment_provider_id")
    op.execute("CREATE INDEX ix_payment_provider_id ON payment (council, provider_id)")
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")

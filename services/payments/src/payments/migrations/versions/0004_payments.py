"""Gateway accounts, payments with their baskets, refunds, and the ledger.

The ledger's rows are kept as they were written, and every transaction sums to zero: triggers hold both.
"""

from alembic import op

from chassis import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MODE = "CHECK (mode IN ('sandbox', 'live'))"
_OF_PAYMENT = "FOREIGN KEY (council, payment) REFERENCES payment (council, id) DEFERRABLE INITIALLY IMMEDIATE"
_OF_ACCOUNT = """FOREIGN KEY (council, account) REFERENCES gateway_account (council, id)
    DEFERRABLE INITIALLY IMMEDIATE"""
_ACCOUNTS = (
    f"""CREATE TABLE gateway_account (
        council text NOT NULL, id uuid NOT NULL, name text NOT NULL, mode text NOT NULL,
        processor text NOT NULL, fund uuid, settings jsonb NOT NULL, is_default boolean NOT NULL,
        version integer NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_gateway_account PRIMARY KEY (council, id),
        CONSTRAINT ck_gateway_account_mode {_MODE},
        CONSTRAINT ck_gateway_account_live_processor CHECK (mode = 'sandbox' OR processor <> 'sandbox'),
        CONSTRAINT ck_gateway_account_sandbox_processor CHECK (mode = 'live' OR processor = 'sandbox'))""",
    "CREATE UNIQUE INDEX uq_gateway_account_default ON gateway_account (council, mode) WHERE is_default",
    f"""CREATE TABLE account_client (
        council text NOT NULL, client_id text NOT NULL, account uuid NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_account_client PRIMARY KEY (council, client_id),
        CONSTRAINT fk_account_client_council_account {_OF_ACCOUNT})""",
)
_PAYMENTS = (
    f"""CREATE TABLE payment (
        council text NOT NULL, id uuid NOT NULL, account uuid NOT NULL, mode text NOT NULL,
        processor text NOT NULL, status text NOT NULL, amount bigint NOT NULL, surcharge bigint NOT NULL,
        fee bigint, reference text NOT NULL, description text NOT NULL, return_url text,
        language text NOT NULL, delayed_capture boolean NOT NULL, moto boolean NOT NULL, metadata jsonb,
        authorisation_mode text NOT NULL, visits integer NOT NULL, card text, card_brand text,
        provider_id text, three_d_secure text, refunded bigint NOT NULL, refunds_blocked boolean NOT NULL,
        created_by jsonb NOT NULL, version integer NOT NULL, created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL, capture_submitted_at timestamptz, captured_at timestamptz,
        settled_on date,
        CONSTRAINT pk_payment PRIMARY KEY (council, id),
        CONSTRAINT fk_payment_council_account {_OF_ACCOUNT},
        CONSTRAINT ck_payment_mode {_MODE},
        CONSTRAINT ck_payment_amount CHECK (amount BETWEEN 0 AND 10000000),
        CONSTRAINT ck_payment_refunded CHECK (refunded BETWEEN 0 AND amount + surcharge))""",
    "CREATE INDEX ix_payment_account ON payment (council, account, id)",
    "CREATE INDEX ix_payment_reference ON payment (council, account, lower(reference), id)",
    "CREATE INDEX ix_payment_status ON payment (council, account, status, id)",
    "CREATE INDEX ix_payment_provider_id ON payment (council, provider_id)",
    f"""CREATE TABLE payer (
        council text NOT NULL, payment uuid NOT NULL, email text, cardholder_name text, billing_address jsonb,
        first_digits text, last_digits text, expiry_date text, card_type text,
        CONSTRAINT pk_payer PRIMARY KEY (council, payment),
        CONSTRAINT fk_payer_council_payment {_OF_PAYMENT})""",
    f"""CREATE TABLE payment_line (
        council text NOT NULL, payment uuid NOT NULL, n smallint NOT NULL,
        fund uuid NOT NULL, is_suspense boolean NOT NULL, ledger_code text NOT NULL, reference text NOT NULL,
        narrative text NOT NULL, vat_code uuid NOT NULL, vat_code_name text NOT NULL,
        vat_treatment text NOT NULL, basis_points integer, amount bigint NOT NULL, vat bigint NOT NULL,
        refund_spread text NOT NULL, retention_months integer NOT NULL, refunded bigint NOT NULL,
        refunded_vat bigint NOT NULL,
        CONSTRAINT pk_payment_line PRIMARY KEY (council, payment, n),
        CONSTRAINT fk_payment_line_council_payment {_OF_PAYMENT},
        CONSTRAINT ck_payment_line_refunded CHECK (refunded BETWEEN 0 AND amount),
        CONSTRAINT ck_payment_line_refunded_vat CHECK (refunded_vat BETWEEN 0 AND vat))""",
    f"""CREATE TABLE payment_event (
        council text NOT NULL, payment uuid NOT NULL, n smallint NOT NULL, status text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_payment_event PRIMARY KEY (council, payment, n),
        CONSTRAINT fk_payment_event_council_payment {_OF_PAYMENT})""",
    f"""CREATE TABLE refund (
        council text NOT NULL, id uuid NOT NULL, payment uuid NOT NULL, account uuid NOT NULL,
        status text NOT NULL, amount bigint NOT NULL, provider_id text, created_by jsonb NOT NULL,
        settled_on date, created_at timestamptz NOT NULL, ended_at timestamptz,
        CONSTRAINT pk_refund PRIMARY KEY (council, id),
        CONSTRAINT fk_refund_council_payment {_OF_PAYMENT},
        CONSTRAINT ck_refund_status CHECK (status IN ('submitted', 'success', 'error')),
        CONSTRAINT ck_refund_amount CHECK (amount > 0))""",
    "CREATE INDEX ix_refund_payment ON refund (council, payment, id)",
    "CREATE INDEX ix_refund_account ON refund (council, account, id)",
    """CREATE TABLE refund_line (
        council text NOT NULL, refund uuid NOT NULL, n smallint NOT NULL, amount bigint NOT NULL,
        vat bigint NOT NULL,
        CONSTRAINT pk_refund_line PRIMARY KEY (council, refund, n),
        CONSTRAINT fk_refund_line_council_refund FOREIGN KEY (council, refund)
            REFERENCES refund (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
)
_LEDGER = (
    f"""CREATE TABLE ledger_account (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, role text NOT NULL, fund uuid,
        code text NOT NULL,
        CONSTRAINT pk_ledger_account PRIMARY KEY (council, id),
        CONSTRAINT uq_ledger_account_council_mode_role_fund_code
            UNIQUE NULLS NOT DISTINCT (council, mode, role, fund, code),
        CONSTRAINT ck_ledger_account_mode {_MODE})""",
    f"""CREATE TABLE ledger_transaction (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, kind text NOT NULL, cause uuid NOT NULL,
        method text NOT NULL, taken_on date NOT NULL, value_date date, reverses uuid,
        posted_at timestamptz NOT NULL,
        CONSTRAINT pk_ledger_transaction PRIMARY KEY (council, id),
        CONSTRAINT uq_ledger_transaction_council_cause_kind_reverses
            UNIQUE NULLS NOT DISTINCT (council, cause, kind, reverses),
        CONSTRAINT ck_ledger_transaction_mode {_MODE})""",
    "CREATE UNIQUE INDEX uq_ledger_transaction_reverses ON ledger_transaction (council, reverses)",
    "CREATE INDEX ix_ledger_transaction_taken_on ON ledger_transaction (council, mode, taken_on)",
    """CREATE TABLE posting (
        council text NOT NULL, transaction uuid NOT NULL, n smallint NOT NULL, account uuid NOT NULL,
        amount bigint NOT NULL, line smallint, reference text,
        CONSTRAINT pk_posting PRIMARY KEY (council, transaction, n),
        CONSTRAINT fk_posting_council_transaction FOREIGN KEY (council, transaction)
            REFERENCES ledger_transaction (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_posting_council_account FOREIGN KEY (council, account)
            REFERENCES ledger_account (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT ck_posting_amount CHECK (amount <> 0))""",
    "CREATE INDEX ix_posting_account ON posting (council, account, transaction)",
    """CREATE TABLE unsealed_transaction (
        council text NOT NULL, mode text NOT NULL, transaction uuid NOT NULL,
        CONSTRAINT pk_unsealed_transaction PRIMARY KEY (council, mode, transaction))""",
    """CREATE TABLE ledger_seal (
        council text NOT NULL, mode text NOT NULL, sequence bigint NOT NULL, transaction uuid NOT NULL,
        hash bytea NOT NULL,
        CONSTRAINT pk_ledger_seal PRIMARY KEY (council, mode, sequence),
        CONSTRAINT uq_ledger_seal_council_transaction UNIQUE (council, transaction))""",
    """CREATE TABLE ledger_root (
        council text NOT NULL, mode text NOT NULL, day date NOT NULL, sequence bigint NOT NULL,
        hash bytea NOT NULL, statement text NOT NULL,
        CONSTRAINT pk_ledger_root PRIMARY KEY (council, mode, day))""",
    """CREATE TABLE balance_snapshot (
        council text NOT NULL, mode text NOT NULL, sequence bigint NOT NULL, account uuid NOT NULL,
        balance bigint NOT NULL,
        CONSTRAINT pk_balance_snapshot PRIMARY KEY (council, mode, sequence, account))""",
)
# n begins at 1 and is unique, so a transaction gets its postings at once and never one more.
_BALANCE = """CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wrong record;
    BEGIN
        SELECT transaction, sum(amount) AS total, min(n) AS first INTO wrong FROM added
            GROUP BY council, transaction HAVING sum(amount) <> 0 OR min(n) <> 1 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transaction % sums to % pence and begins with posting %',
                wrong.transaction, wrong.total, wrong.first USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$"""
_HOLD_BALANCE = """CREATE TRIGGER require_balance AFTER INSERT ON posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION require_balance()"""
_KEEP = """CREATE FUNCTION keep_as_posted() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is kept as it was posted', TG_TABLE_NAME; END $$"""
_KEPT = ("ledger_account", "ledger_transaction", "posting", "ledger_seal", "ledger_root")
_TABLES = (
    "gateway_account", "account_client", "payment", "payer", "payment_line", "payment_event", "refund",
    "refund_line", *_KEPT, "unsealed_transaction", "balance_snapshot",
)  # fmt: skip


def upgrade() -> None:
    for statement in (*_ACCOUNTS, *_PAYMENTS, *_LEDGER, _BALANCE, _HOLD_BALANCE, _KEEP):
        op.execute(statement)
    for table in _KEPT:
        op.execute(
            f"""CREATE TRIGGER keep_as_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION keep_as_posted()"""
        )
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP FUNCTION require_balance, keep_as_posted")

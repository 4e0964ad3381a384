"""Counter takings: offices, tills, receipts of cash and cheques, bags, e-returns; bank lines of bags."""

from alembic import op

from chassis import migrations

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TABLES = (
    "counter_office", "bag", "till", "e_return_template", "e_return", "counter_receipt", "counter_line",
    "cheque",
)  # fmt: skip
_UP = (
    # Of all councils: no two receipts of the region have one number.
    "CREATE SEQUENCE counter_receipt_number",
    """CREATE TABLE counter_office (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, name text NOT NULL,
        address text NOT NULL, vat_number text NOT NULL, difference_limit bigint NOT NULL,
        is_closed boolean NOT NULL, version integer NOT NULL, updated_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_counter_office PRIMARY KEY (council, id),
        CONSTRAINT ck_counter_office_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_counter_office_difference_limit CHECK (difference_limit >= 0))""",
    """CREATE TABLE bag (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, office uuid NOT NULL,
        kind text NOT NULL, number text NOT NULL, cash bigint NOT NULL, cheques bigint NOT NULL,
        banked_on date NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL,
        CONSTRAINT pk_bag PRIMARY KEY (council, id),
        CONSTRAINT ck_bag_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_bag_kind CHECK (kind IN ('deposit', 'returned-cheque')),
        CONSTRAINT ck_bag_amounts
            CHECK (CASE kind WHEN 'deposit' THEN cash >= 0 AND cheques >= 0 AND cash + cheques > 0
                ELSE cash = 0 AND cheques < 0 END),
        CONSTRAINT fk_bag_council_office FOREIGN KEY(council, office)
            REFERENCES counter_office (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_bag_banked_on ON bag (council, mode, banked_on)",
    "CREATE INDEX ix_bag_magnitude ON bag (council, mode, abs(cash + cheques))",
    "CREATE UNIQUE INDEX uq_bag_number ON bag (council, office, number) WHERE kind = 'deposit'",
    """CREATE TABLE till (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, office uuid NOT NULL,
        day date NOT NULL, opening_float bigint NOT NULL, status text NOT NULL, opened_by text NOT NULL,
        opened_at timestamptz NOT NULL, counted jsonb, counted_cash bigint, counted_cheques bigint,
        expected_cash bigint, expected_cheques bigint, counted_by text, counted_at timestamptz,
        reason text, explained_by text, checked_by text, bag uuid, opened_by_name text NOT NULL,
        note text NOT NULL, version integer NOT NULL, updated_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_till PRIMARY KEY (council, id),
        CONSTRAINT ck_till_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_till_opening_float CHECK (opening_float >= 0),
        CONSTRAINT ck_till_status CHECK
            (status IN ('open', 'counted', 'recount', 'checking', 'balanced', 'banked')),
        CONSTRAINT ck_till_counted CHECK ((status = 'open') = (counted_cash IS NULL)),
        CONSTRAINT ck_till_banked CHECK ((status = 'banked') = (bag IS NOT NULL)),
        CONSTRAINT ck_till_maker_is_no_checker
            CHECK (checked_by <> opened_by AND checked_by <> counted_by AND checked_by <> explained_by),
        CONSTRAINT fk_till_council_office FOREIGN KEY(council, office)
            REFERENCES counter_office (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_till_council_bag FOREIGN KEY(council, bag)
            REFERENCES bag (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_till_bag ON till (council, bag)",
    "CREATE INDEX ix_till_status ON till (council, mode, status, id)",
    "CREATE INDEX ix_till_unbanked ON till (council, mode, day) WHERE status <> 'banked'",
    "CREATE UNIQUE INDEX uq_till_open ON till (council, mode, opened_by) WHERE status = 'open'",
    """CREATE TABLE e_return_template (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, office uuid NOT NULL,
        name text NOT NULL, kind text NOT NULL, rows jsonb NOT NULL, is_closed boolean NOT NULL,
        version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_e_return_template PRIMARY KEY (council, id),
        CONSTRAINT ck_e_return_template_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_e_return_template_kind CHECK (kind IN ('cash', 'cheque')),
        CONSTRAINT fk_e_return_template_council_office FOREIGN KEY(council, office)
            REFERENCES counter_office (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_e_return_template_office ON e_return_template (council, office)",
    """CREATE TABLE e_return (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, template uuid NOT NULL,
        office uuid NOT NULL, kind text NOT NULL, bag_number text NOT NULL, banked_on date NOT NULL,
        counted jsonb, lines jsonb NOT NULL, amount bigint NOT NULL, status text NOT NULL,
        created_by text NOT NULL, changed_by text NOT NULL, submitted_by text, submitted_at timestamptz,
        checked_by text, checked_at timestamptz, bag uuid, cheques jsonb NOT NULL,
        created_by_name text NOT NULL, answer text NOT NULL, version integer NOT NULL,
        updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_e_return PRIMARY KEY (council, id),
        CONSTRAINT ck_e_return_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_e_return_kind CHECK (kind IN ('cash', 'cheque')),
        CONSTRAINT ck_e_return_amount CHECK (amount > 0),
        CONSTRAINT ck_e_return_status
            CHECK (status IN ('draft', 'submitted', 'authorised', 'returned', 'voided')),
        CONSTRAINT ck_e_return_maker_is_no_checker
            CHECK (checked_by <> created_by AND checked_by <> changed_by AND checked_by <> submitted_by),
        CONSTRAINT ck_e_return_posted CHECK ((status = 'authorised') = (bag IS NOT NULL)),
        CONSTRAINT ck_e_return_checked
            CHECK (status NOT IN ('authorised', 'returned') OR checked_by IS NOT NULL),
        CONSTRAINT fk_e_return_council_template FOREIGN KEY(council, template)
            REFERENCES e_return_template (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_e_return_council_office FOREIGN KEY(council, office)
            REFERENCES counter_office (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_e_return_council_bag FOREIGN KEY(council, bag)
            REFERENCES bag (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_e_return_status ON e_return (council, mode, status, id)",
    """CREATE INDEX ix_e_return_waiting
        ON e_return (council, mode, banked_on) WHERE status IN ('draft', 'submitted', 'returned')""",
    """CREATE TABLE counter_receipt (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, till uuid, e_return uuid,
        office uuid NOT NULL, number text NOT NULL, kind text NOT NULL, method text NOT NULL,
        amount bigint NOT NULL, tendered bigint, taken_on date NOT NULL, metadata jsonb NOT NULL,
        status text NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL, reason text,
        ended_by text, ended_at timestamptz, printed_at timestamptz,
        CONSTRAINT pk_counter_receipt PRIMARY KEY (council, id),
        CONSTRAINT ck_counter_receipt_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_counter_receipt_kind CHECK (kind IN ('cash', 'cheque')),
        CONSTRAINT ck_counter_receipt_amount CHECK (amount > 0),
        CONSTRAINT ck_counter_receipt_tendered
            CHECK ((tendered IS NOT NULL) <= (kind = 'cash') AND tendered >= amount),
        CONSTRAINT ck_counter_receipt_status CHECK (status IN ('posted', 'voided', 'returned')),
        CONSTRAINT ck_counter_receipt_ended CHECK ((status = 'posted') = (ended_by IS NULL)),
        CONSTRAINT ck_counter_receipt_source CHECK (num_nonnulls(till, e_return) = 1),
        CONSTRAINT fk_counter_receipt_council_till FOREIGN KEY(council, till)
            REFERENCES till (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_counter_receipt_council_e_return FOREIGN KEY(council, e_return)
            REFERENCES e_return (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_counter_receipt_council_office FOREIGN KEY(council, office)
            REFERENCES counter_office (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_counter_receipt_e_return ON counter_receipt (council, e_return)",
    "CREATE INDEX ix_counter_receipt_till ON counter_receipt (council, till, id)",
    "CREATE UNIQUE INDEX uq_counter_receipt_number ON counter_receipt (number)",
    """CREATE TABLE counter_line (
        council text NOT NULL, receipt uuid NOT NULL, n smallint NOT NULL, fund uuid NOT NULL,
        is_suspense boolean NOT NULL, ledger_code text NOT NULL, reference text NOT NULL,
        vat_code uuid NOT NULL, vat_treatment text NOT NULL, basis_points integer,
        amount bigint NOT NULL, vat bigint NOT NULL, narrative text NOT NULL, refunded bigint NOT NULL,
        refunded_vat bigint NOT NULL, moved bigint NOT NULL, moved_vat bigint NOT NULL,
        CONSTRAINT pk_counter_line PRIMARY KEY (council, receipt, n),
        CONSTRAINT ck_counter_line_amount CHECK (amount > 0),
        CONSTRAINT ck_counter_line_left
            CHECK (refunded >= 0 AND moved >= 0 AND refunded + moved <= amount),
        CONSTRAINT ck_counter_line_vat_left
            CHECK (refunded_vat >= 0 AND moved_vat >= 0 AND refunded_vat + moved_vat <= vat),
        CONSTRAINT fk_counter_line_council_receipt FOREIGN KEY(council, receipt)
            REFERENCES counter_receipt (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_counter_line_council_fund FOREIGN KEY(council, fund)
            REFERENCES fund (council, id) DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT fk_counter_line_council_vat_code FOREIGN KEY(council, vat_code)
            REFERENCES vat_code (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    """CREATE TABLE cheque (
        council text NOT NULL, receipt uuid NOT NULL, number text NOT NULL, sort_code text NOT NULL,
        account_number text NOT NULL, payer_name text NOT NULL,
        CONSTRAINT pk_cheque PRIMARY KEY (council, receipt),
        CONSTRAINT fk_cheque_council_receipt FOREIGN KEY(council, receipt)
            REFERENCES counter_receipt (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
    """ALTER TABLE bank_line ADD COLUMN bag uuid,
        ADD CONSTRAINT fk_bank_line_council_bag FOREIGN KEY (council, bag)
            REFERENCES bag (council, id) DEFERRABLE INITIALLY IMMEDIATE""",
    "CREATE INDEX ix_bank_line_bag ON bank_line (council, bag)",
    """ALTER TABLE office_request DROP CONSTRAINT ck_office_request_kind,
        ADD CONSTRAINT ck_office_request_kind CHECK (kind IN ('refund', 'journal', 'undo', 'credit-note'))""",
)
_DOWN = (
    """ALTER TABLE office_request DROP CONSTRAINT ck_office_request_kind,
        ADD CONSTRAINT ck_office_request_kind CHECK (kind IN ('refund', 'journal', 'undo')) NOT VALID""",
    "ALTER TABLE bank_line DROP COLUMN bag",
    *(f"DROP TABLE {table}" for table in reversed(_TABLES)),
    "DROP SEQUENCE counter_receipt_number",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

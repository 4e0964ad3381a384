"""Council finance data: funds, rules of references, VAT codes with their rates, methods of payment."""

from alembic import op

from chassis import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SECURED = ("reference_rule", "vat_code", "vat_rate", "fund", "payment_method")
_VERSION = "version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL"
_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"

_UP: tuple[str, ...] = (
    f"""CREATE TABLE reference_rule (
        council text NOT NULL, id uuid NOT NULL, name text NOT NULL, rule jsonb NOT NULL,
        help text NOT NULL, help_cy text NOT NULL, {_VERSION},
        CONSTRAINT pk_reference_rule PRIMARY KEY (council, id))""",
    f"""CREATE TABLE vat_code (
        council text NOT NULL, id uuid NOT NULL, code text NOT NULL, name text NOT NULL,
        treatment text NOT NULL, {_VERSION},
        CONSTRAINT pk_vat_code PRIMARY KEY (council, id),
        CONSTRAINT ck_vat_code_treatment CHECK (treatment IN
            ('outside_scope', 'standard', 'reduced', 'zero', 'exempt', 'accounted', 'suspense')))""",
    f"""CREATE TABLE vat_rate (
        council text NOT NULL, vat_code uuid NOT NULL, from_date date NOT NULL, basis_points integer,
        CONSTRAINT pk_vat_rate PRIMARY KEY (council, vat_code, from_date),
        CONSTRAINT ck_vat_rate_basis_points CHECK (basis_points BETWEEN 0 AND 10000),
        CONSTRAINT fk_vat_rate_council_vat_code FOREIGN KEY (council, vat_code)
            REFERENCES vat_code (council, id) {_DEFERRABLE})""",
    f"""CREATE TABLE fund (
        council text NOT NULL, id uuid NOT NULL, code text NOT NULL, name text NOT NULL,
        name_cy text NOT NULL, kind text NOT NULL, reference_rule uuid, vat_code uuid NOT NULL,
        vat_override boolean NOT NULL, ledger_code text NOT NULL, max_amount bigint,
        overpay boolean NOT NULL, refund_spread text NOT NULL, retention_months integer NOT NULL,
        valid_from date NOT NULL, valid_to date, {_VERSION},
        CONSTRAINT pk_fund PRIMARY KEY (council, id),
        CONSTRAINT ck_fund_kind CHECK (kind IN ('income', 'debtor', 'suspense', 'transfer')),
        CONSTRAINT ck_fund_refund_spread CHECK
            (refund_spread IN ('last_line_first', 'largest_remainder', 'refuse')),
        CONSTRAINT ck_fund_max_amount CHECK (max_amount > 0),
        CONSTRAINT ck_fund_validity CHECK (valid_to >= valid_from),
        CONSTRAINT fk_fund_council_reference_rule FOREIGN KEY (council, reference_rule)
            REFERENCES reference_rule (council, id) {_DEFERRABLE},
        CONSTRAINT fk_fund_council_vat_code FOREIGN KEY (council, vat_code)
            REFERENCES vat_code (council, id) {_DEFERRABLE})""",
    "CREATE INDEX ix_fund_council_reference_rule ON fund (council, reference_rule)",
    "CREATE INDEX ix_fund_council_vat_code ON fund (council, vat_code)",
    f"""CREATE TABLE payment_method (
        council text NOT NULL, id uuid NOT NULL, code text NOT NULL, name text NOT NULL,
        flags text[] NOT NULL, min_amount bigint, max_amount bigint, disabled boolean NOT NULL, {_VERSION},
        CONSTRAINT pk_payment_method PRIMARY KEY (council, id),
        CONSTRAINT ck_payment_method_amounts CHECK (min_amount >= 0 AND max_amount >= min_amount))""",
)
_DOWN: tuple[str, ...] = tuple(
    f"DROP TABLE {table}" for table in ("payment_method", "fund", "vat_rate", "vat_code", "reference_rule")
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

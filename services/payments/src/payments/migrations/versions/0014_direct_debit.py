"""Direct Debit: service users, mandates, collections with notice, what banks advise."""

from alembic import op

from chassis import migrations

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_TABLES = (
    """CREATE TABLE service_user (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, is_default boolean NOT NULL,
        number text NOT NULL, statement_name text NOT NULL, notice_days smallint NOT NULL,
        dormant_months smallint NOT NULL, proof_years smallint, access_token bytea,
        webhook_secret bytea, polled_until timestamptz, version integer NOT NULL,
        updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_service_user PRIMARY KEY (council, id),
        CONSTRAINT ck_service_user_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_service_user_number CHECK (number ~ '^([0-9]{6})?$'))""",
    "CREATE UNIQUE INDEX uq_service_user_default ON service_user (council, mode) WHERE is_default",
    f"""CREATE TABLE mandate (
        council text NOT NULL, id uuid NOT NULL, service_user uuid NOT NULL, mode text NOT NULL,
        state text NOT NULL, hold text, code text, stops_letters boolean NOT NULL,
        reference text NOT NULL, metadata jsonb, language text NOT NULL, return_url text NOT NULL,
        attempt smallint NOT NULL, provider_request text, provider_mandate text, signed_at timestamptz,
        activated_at timestamptz, last_charged_on date, ended_at timestamptz, proof_retained_until date,
        created_by jsonb NOT NULL, version integer NOT NULL, updated_by text NOT NULL,
        created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_mandate PRIMARY KEY (council, id),
        CONSTRAINT fk_mandate_council_service_user FOREIGN KEY (council, service_user)
            REFERENCES service_user (council, id) {_DEFERRABLE},
        CONSTRAINT ck_mandate_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_mandate_hold CHECK ((state = 'suspended') = (hold IS NOT NULL)))""",
    "CREATE INDEX ix_mandate_mode ON mandate (council, mode, id)",
    """CREATE UNIQUE INDEX uq_mandate_provider_mandate
        ON mandate (council, service_user, provider_mandate)""",
    """CREATE UNIQUE INDEX uq_mandate_provider_request
        ON mandate (council, service_user, provider_request)""",
    f"""CREATE TABLE mandate_payer (
        council text NOT NULL, mandate uuid NOT NULL, email text NOT NULL,
        CONSTRAINT pk_mandate_payer PRIMARY KEY (council, mandate),
        CONSTRAINT fk_mandate_payer_council_mandate FOREIGN KEY (council, mandate)
            REFERENCES mandate (council, id) {_DEFERRABLE})""",
    f"""CREATE TABLE advance_notice (
        council text NOT NULL, id uuid NOT NULL, mandate uuid NOT NULL, message uuid,
        sent_at timestamptz, created_at timestamptz NOT NULL,
        CONSTRAINT pk_advance_notice PRIMARY KEY (council, id),
        CONSTRAINT fk_advance_notice_council_mandate FOREIGN KEY (council, mandate)
            REFERENCES mandate (council, id) {_DEFERRABLE})""",
    """CREATE INDEX ix_advance_notice_message ON advance_notice (council, message)
        WHERE message IS NOT NULL""",
    f"""CREATE TABLE collection (
        council text NOT NULL, id uuid NOT NULL, service_user uuid NOT NULL, mandate uuid NOT NULL,
        mode text NOT NULL, plan uuid, presents uuid, state text NOT NULL, reason text,
        amount bigint NOT NULL, charge_date date NOT NULL, notice uuid, notice_days smallint NOT NULL,
        reference text NOT NULL, metadata jsonb, provider_payment text, submitted_at timestamptz,
        posted_on date, created_by jsonb NOT NULL, version integer NOT NULL, updated_by text NOT NULL,
        created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_collection PRIMARY KEY (council, id),
        CONSTRAINT fk_collection_council_mandate FOREIGN KEY (council, mandate)
            REFERENCES mandate (council, id) {_DEFERRABLE},
        CONSTRAINT fk_collection_council_service_user FOREIGN KEY (council, service_user)
            REFERENCES service_user (council, id) {_DEFERRABLE},
        CONSTRAINT fk_collection_council_notice FOREIGN KEY (council, notice)
            REFERENCES advance_notice (council, id) {_DEFERRABLE},
        CONSTRAINT fk_collection_council_presents FOREIGN KEY (council, presents)
            REFERENCES collection (council, id) {_DEFERRABLE},
        CONSTRAINT ck_collection_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_collection_amount CHECK (amount > 0),
        CONSTRAINT uq_collection_council_presents UNIQUE (council, presents))""",
    """CREATE INDEX ix_collection_due ON collection (charge_date, council)
        WHERE state IN ('scheduled', 'suspended', 'submitted')""",
    "CREATE INDEX ix_collection_mandate ON collection (council, mandate, id)",
    "CREATE INDEX ix_collection_mode ON collection (council, mode, id)",
    "CREATE INDEX ix_collection_notice ON collection (council, notice) WHERE notice IS NOT NULL",
    "CREATE INDEX ix_collection_plan ON collection (council, plan, id) WHERE plan IS NOT NULL",
    """CREATE UNIQUE INDEX uq_collection_provider_payment
        ON collection (council, service_user, provider_payment) WHERE presents IS NULL""",
    f"""CREATE TABLE collection_line (
        council text NOT NULL, collection uuid NOT NULL, n smallint NOT NULL, fund uuid NOT NULL,
        is_suspense boolean NOT NULL, ledger_code text NOT NULL, reference text NOT NULL,
        vat_code uuid NOT NULL, basis_points integer, amount bigint NOT NULL, vat bigint NOT NULL,
        narrative text NOT NULL,
        CONSTRAINT pk_collection_line PRIMARY KEY (council, collection, n),
        CONSTRAINT fk_collection_line_council_collection FOREIGN KEY (council, collection)
            REFERENCES collection (council, id) {_DEFERRABLE},
        CONSTRAINT ck_collection_line_amount CHECK (amount > 0 AND vat >= 0 AND vat <= amount))""",
    f"""CREATE TABLE bank_advice (
        council text NOT NULL, id uuid NOT NULL, service_user uuid NOT NULL, mode text NOT NULL,
        provider_event text NOT NULL, mandate uuid NOT NULL, collection uuid, action text NOT NULL,
        code text NOT NULL, needs_staff boolean NOT NULL, occurred_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_bank_advice PRIMARY KEY (council, id),
        CONSTRAINT fk_bank_advice_council_service_user FOREIGN KEY (council, service_user)
            REFERENCES service_user (council, id) {_DEFERRABLE},
        CONSTRAINT fk_bank_advice_council_mandate FOREIGN KEY (council, mandate)
            REFERENCES mandate (council, id) {_DEFERRABLE},
        CONSTRAINT uq_bank_advice_council_service_user_provider_event
            UNIQUE (council, service_user, provider_event))""",
    "CREATE INDEX ix_bank_advice_mode ON bank_advice (council, mode, id)",
)
_NAMES = (
    "service_user",
    "mandate",
    "mandate_payer",
    "advance_notice",
    "collection",
    "collection_line",
    "bank_advice",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for table in _NAMES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_NAMES):
        op.execute(f"DROP TABLE {table}")

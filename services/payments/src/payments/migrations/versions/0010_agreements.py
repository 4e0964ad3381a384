"""Agreements to later payments, disputes, payment links, and the secrets of notifications."""

from alembic import op

from chassis import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MODE = "CHECK (mode IN ('sandbox', 'live'))"
_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_OF_ACCOUNT = f"FOREIGN KEY (council, account) REFERENCES gateway_account (council, id) {_DEFERRABLE}"
_OF_AGREEMENT = f"FOREIGN KEY (council, agreement) REFERENCES agreement (council, id) {_DEFERRABLE}"
_AGREEMENTS = (
    f"""CREATE TABLE agreement (
        council text NOT NULL, id uuid NOT NULL, account uuid NOT NULL, mode text NOT NULL,
        state text NOT NULL, reference text NOT NULL,
        reference_key text GENERATED ALWAYS AS (lower(reference)) STORED NOT NULL,
        description text NOT NULL, user_identifier text, token text, created_by jsonb NOT NULL,
        version integer NOT NULL, created_at timestamptz NOT NULL, cancelled_at timestamptz,
        CONSTRAINT pk_agreement PRIMARY KEY (council, id),
        CONSTRAINT fk_agreement_council_account {_OF_ACCOUNT},
        CONSTRAINT ck_agreement_mode {_MODE},
        CONSTRAINT ck_agreement_state CHECK (state IN ('created', 'active', 'cancelled', 'inactive')))""",
    "CREATE INDEX ix_agreement_created ON agreement (council, account, created_at, id)",
    "CREATE INDEX ix_agreement_state ON agreement (council, account, state, created_at, id)",
    "CREATE INDEX ix_agreement_reference ON agreement (council, account, reference_key, created_at, id)",
    f"""CREATE TABLE agreement_card (
        council text NOT NULL, agreement uuid NOT NULL, card_brand text, card_type text, first_digits text,
        last_digits text, expiry_date text, cardholder_name text, billing_address jsonb,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_agreement_card PRIMARY KEY (council, agreement),
        CONSTRAINT fk_agreement_card_council_agreement {_OF_AGREEMENT})""",
)
_PAYMENTS = (
    f"""ALTER TABLE payment
        ADD COLUMN agreement uuid,
        ADD COLUMN sets_up_agreement boolean NOT NULL DEFAULT false,
        ADD COLUMN agreement_payment_type text,
        ADD COLUMN can_retry boolean,
        ADD CONSTRAINT fk_payment_council_agreement {_OF_AGREEMENT}""",
    """CREATE INDEX ix_payment_agreement ON payment (council, account, agreement, created_at, id)
        WHERE agreement IS NOT NULL""",
)
_DISPUTES = (
    f"""CREATE TABLE dispute (
        council text NOT NULL, id uuid NOT NULL, payment uuid NOT NULL, account uuid NOT NULL,
        provider_id text NOT NULL, state text NOT NULL, reason text NOT NULL, amount bigint NOT NULL,
        fee bigint NOT NULL, version integer NOT NULL, settled_on date, created_at timestamptz NOT NULL,
        ended_at timestamptz,
        CONSTRAINT pk_dispute PRIMARY KEY (council, id),
        CONSTRAINT fk_dispute_council_payment FOREIGN KEY (council, payment)
            REFERENCES payment (council, id) {_DEFERRABLE},
        CONSTRAINT uq_dispute_council_account_provider_id UNIQUE (council, account, provider_id),
        CONSTRAINT ck_dispute_state CHECK (state IN ('needs_response', 'under_review', 'won', 'lost')),
        CONSTRAINT ck_dispute_amount CHECK (amount > 0 AND fee >= 0))""",
    "CREATE INDEX ix_dispute_created ON dispute (council, account, created_at, id)",
    "CREATE INDEX ix_dispute_state ON dispute (council, account, state, created_at, id)",
    "CREATE INDEX ix_dispute_payment ON dispute (council, payment)",
    """CREATE INDEX ix_dispute_settled ON dispute (council, account, settled_on, created_at, id)
        WHERE settled_on IS NOT NULL""",
    "ALTER TABLE gateway_account ADD COLUMN webhook_secret bytea",
)
_LINKS = (
    f"""CREATE TABLE payment_link (
        council text NOT NULL, id uuid NOT NULL, account uuid NOT NULL, mode text NOT NULL,
        fund uuid NOT NULL, title text NOT NULL, title_cy text NOT NULL, description text NOT NULL,
        description_cy text NOT NULL, reference_label text NOT NULL, reference_label_cy text NOT NULL,
        reference text, amount bigint, min_amount bigint NOT NULL, max_amount bigint NOT NULL,
        language text NOT NULL, is_open boolean NOT NULL, version integer NOT NULL,
        created_by jsonb NOT NULL, created_at timestamptz NOT NULL, updated_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_payment_link PRIMARY KEY (council, id),
        CONSTRAINT fk_payment_link_council_account {_OF_ACCOUNT},
        CONSTRAINT fk_payment_link_council_fund FOREIGN KEY (council, fund)
            REFERENCES fund (council, id) {_DEFERRABLE},
        CONSTRAINT ck_payment_link_mode {_MODE},
        CONSTRAINT ck_payment_link_language CHECK (language IN ('en', 'cy', 'both')),
        CONSTRAINT ck_payment_link_bounds
            CHECK (min_amount BETWEEN 1 AND max_amount AND max_amount <= 10000000),
        CONSTRAINT ck_payment_link_amount CHECK (amount BETWEEN min_amount AND max_amount))""",
    "CREATE INDEX ix_payment_link_account ON payment_link (council, account, id)",
)
_COUNTED = ("agreement", "dispute")
_SUBJECTS = "subject IN ('payment', 'refund', 'agreement', 'dispute')"
_FEWER_SUBJECTS = "subject IN ('payment', 'refund')"


def _allow_subjects(condition: str) -> None:
    for table in ("daily_count", "daily_count_change"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_subject")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_subject CHECK ({condition})")


def _count(table: str) -> tuple[str, ...]:
    """Write the triggers that count a table's rows by state and day, as 0006 does for payments."""
    add = "INSERT INTO daily_count_change (council, account, subject, state, day, number)"
    day = "(created_at AT TIME ZONE 'UTC')::date"

    def write(rows: str, sign: str) -> str:
        return f"""{add} SELECT council, account, '{table}', state, {day}, {sign}count(*) FROM {rows}
            GROUP BY council, account, state, {day};"""  # noqa: S608

    change = f"""{add} SELECT NEW.council, NEW.account, '{table}', state,
        (NEW.created_at AT TIME ZONE 'UTC')::date, number FROM (VALUES (OLD.state, -1), (NEW.state, 1))
        AS changes (state, number);"""  # noqa: S608
    each = "FOR EACH ROW WHEN (OLD.state <> NEW.state)"
    events = {
        "INSERT": ("REFERENCING NEW TABLE AS added FOR EACH STATEMENT", write("added", "")),
        "DELETE": ("REFERENCING OLD TABLE AS removed FOR EACH STATEMENT", write("removed", "-")),
        "UPDATE": (each, change),
    }
    return tuple(
        statement
        for event, (when, body) in events.items()
        for statement in (
            f"""CREATE FUNCTION count_{table}_{event.lower()}() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN {body} RETURN NULL; END $$""",
            f"""CREATE TRIGGER count_{table}_{event.lower()} AFTER {event} ON {table}
                {when} EXECUTE FUNCTION count_{table}_{event.lower()}()""",
        )
    )


def upgrade() -> None:
    for statement in (*_AGREEMENTS, *_PAYMENTS, *_DISPUTES, *_LINKS):
        op.execute(statement)
    for table in ("agreement", "agreement_card", "dispute", "payment_link"):
        migrations.secure_rows(table)
    _allow_subjects(_SUBJECTS)
    for table in _COUNTED:
        for statement in _count(table):
            op.execute(statement)


def downgrade() -> None:
    for table in _COUNTED:
        for table_name in ("daily_count", "daily_count_change"):
            op.execute(f"DELETE FROM {table_name} WHERE subject = '{table}'")  # noqa: S608
    _allow_subjects(_FEWER_SUBJECTS)
    op.execute("""ALTER TABLE payment DROP COLUMN agreement, DROP COLUMN sets_up_agreement,
        DROP COLUMN agreement_payment_type, DROP COLUMN can_retry""")
    op.execute("ALTER TABLE gateway_account DROP COLUMN webhook_secret")
    for table in ("agreement_card", "agreement", "dispute", "payment_link"):
        op.execute(f"DROP TABLE {table}")
    for table in _COUNTED:
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP FUNCTION count_{table}_{event}")

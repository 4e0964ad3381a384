"""The finance office: requests of staff, limits; what journals moved; what staff search by."""

from alembic import op

from chassis import migrations

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = ("office_request", "office_limit")
_UP = (
    """CREATE TABLE office_request (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, kind text NOT NULL,
        subject uuid NOT NULL, line smallint, amount bigint NOT NULL, reason text NOT NULL,
        content jsonb NOT NULL, maker_limit bigint NOT NULL, status text NOT NULL, requested_by text NOT NULL,
        requested_at timestamptz NOT NULL, checked_by text, checked_at timestamptz, result uuid,
        note text NOT NULL, answer text NOT NULL, requested_by_name text NOT NULL,
        checked_by_name text NOT NULL,
        CONSTRAINT pk_office_request PRIMARY KEY (council, id),
        CONSTRAINT ck_office_request_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_office_request_kind CHECK (kind IN ('refund', 'journal', 'undo')),
        CONSTRAINT ck_office_request_amount CHECK (amount > 0),
        CONSTRAINT ck_office_request_status CHECK
            (status IN ('proposed', 'done', 'approved', 'rejected', 'withdrawn')),
        CONSTRAINT ck_office_request_maker_is_no_checker CHECK (checked_by <> requested_by),
        CONSTRAINT ck_office_request_checked CHECK
            ((status IN ('approved', 'rejected')) = (checked_by IS NOT NULL)),
        CONSTRAINT ck_office_request_within_limit CHECK
            (status <> 'done' OR (kind = 'refund' AND amount <= maker_limit)),
        CONSTRAINT ck_office_request_result CHECK
            ((status IN ('done', 'approved')) = (result IS NOT NULL)))""",
    "CREATE INDEX ix_office_request_status ON office_request (council, mode, status, id)",
    "CREATE INDEX ix_office_request_subject ON office_request (council, subject, id)",
    """CREATE INDEX ix_office_request_done ON office_request (council, requested_by, requested_at)
        WHERE status = 'done'""",
    """CREATE TABLE office_limit (
        council text NOT NULL, id uuid NOT NULL, scope text NOT NULL, refund bigint NOT NULL,
        daily bigint NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_office_limit PRIMARY KEY (council, id),
        CONSTRAINT ck_office_limit_amounts CHECK (refund >= 0 AND daily >= refund))""",
    "CREATE INDEX ix_office_limit_scope ON office_limit (council, scope)",
    # The council may change, as councils are merged, and personal data may be erased; nothing else.
    """CREATE FUNCTION keep_request() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.status <> 'proposed' THEN
            RAISE EXCEPTION 'request % is %, and stays so', OLD.id, OLD.status;
        END IF;
        IF (OLD.id, OLD.mode, OLD.kind, OLD.subject, OLD.amount, OLD.reason, OLD.content, OLD.maker_limit,
                OLD.requested_by, OLD.requested_at) IS DISTINCT FROM (NEW.id, NEW.mode, NEW.kind, NEW.subject,
                NEW.amount, NEW.reason, NEW.content, NEW.maker_limit, NEW.requested_by, NEW.requested_at)
                OR OLD.line IS DISTINCT FROM NEW.line OR NEW.status = 'done' THEN
            RAISE EXCEPTION 'request % is kept as it was made', OLD.id;
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER keep_request BEFORE UPDATE OF id, mode, kind, subject, line, amount, reason, content,
        maker_limit, status, requested_by, requested_at, checked_by, checked_at, result, answer
        ON office_request
        FOR EACH ROW EXECUTE FUNCTION keep_request()""",
    """ALTER TABLE payment_line ADD COLUMN moved bigint NOT NULL DEFAULT 0,
        ADD COLUMN moved_vat bigint NOT NULL DEFAULT 0,
        ADD CONSTRAINT ck_payment_line_moved CHECK (moved >= 0 AND refunded + moved <= amount),
        ADD CONSTRAINT ck_payment_line_moved_vat CHECK
            (moved_vat >= 0 AND refunded_vat + moved_vat <= vat)""",
    "CREATE INDEX ix_payment_line_reference ON payment_line (council, reference, payment)",
)
_DOWN = (
    "DROP INDEX ix_payment_line_reference",
    "ALTER TABLE payment_line DROP COLUMN moved, DROP COLUMN moved_vat",
    "DROP TABLE office_limit, office_request",
    "DROP FUNCTION keep_request",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

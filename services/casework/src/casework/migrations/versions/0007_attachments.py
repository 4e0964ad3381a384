"""Attachments of cases."""

from alembic import op

from chassis import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_DEFERRABLE = "DEFERRABLE INITIALLY IMMEDIATE"
_STATEMENTS = (
    f"""CREATE TABLE attachment (
        council text NOT NULL, id uuid NOT NULL, copy_id uuid NOT NULL, case_id uuid, submission text,
        mode text NOT NULL, state text NOT NULL, name text NOT NULL, media_type text, size bigint,
        sha256 bytea, threat text, problem text, restricted text, redacts uuid, redaction jsonb,
        created_by jsonb NOT NULL, version integer NOT NULL, created_at timestamptz NOT NULL,
        CONSTRAINT pk_attachment PRIMARY KEY (council, id),
        CONSTRAINT fk_attachment_council_case_id FOREIGN KEY (council, case_id)
            REFERENCES case_record (council, id) {_DEFERRABLE},
        CONSTRAINT fk_attachment_council_redacts FOREIGN KEY (council, redacts)
            REFERENCES attachment (council, id) {_DEFERRABLE},
        CONSTRAINT uq_attachment_council_redacts UNIQUE (council, redacts),
        CONSTRAINT ck_attachment_mode CHECK (mode IN ('sandbox', 'live')),
        CONSTRAINT ck_attachment_state
            CHECK (state IN ('receiving', 'held', 'clean', 'infected', 'broken')),
        CONSTRAINT ck_attachment_owner CHECK (case_id IS NOT NULL OR submission IS NOT NULL))""",
    "CREATE INDEX ix_attachment_case ON attachment (council, case_id, id) WHERE case_id IS NOT NULL",
    "CREATE INDEX ix_attachment_submission ON attachment (council, submission, id) WHERE case_id IS NULL",
    """CREATE INDEX ix_attachment_expiry ON attachment (created_at)
        WHERE case_id IS NULL OR state = 'receiving'""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    migrations.secure_rows("attachment")


def downgrade() -> None:
    op.execute("DROP TABLE attachment")

"""Messages: e-mails and SMS that wait to be sent."""

from alembic import op

from chassis import migrations

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    """CREATE TABLE message (
        council text NOT NULL, id uuid NOT NULL, channel text NOT NULL, template text NOT NULL,
        language text NOT NULL, recipient text NOT NULL, personalisation jsonb NOT NULL,
        tries smallint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL, CONSTRAINT pk_message PRIMARY KEY (council, id),
        CONSTRAINT ck_message_channel CHECK (channel IN ('email', 'sms')),
        CONSTRAINT ck_message_language CHECK (language IN ('en', 'cy')))""",
    "CREATE INDEX ix_message_expires_at ON message (expires_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    migrations.secure_rows("message")


def downgrade() -> None:
    op.drop_table("message")

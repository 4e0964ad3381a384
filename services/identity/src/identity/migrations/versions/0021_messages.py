"""E-mails and SMS wait in the chassis's table ``message``, and its jobs send them."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_EVERY_COUNCIL = "SELECT set_config('app.council', '*', true)"  # row security would hide them
_UP: tuple[str, ...] = (
    _EVERY_COUNCIL,
    """INSERT INTO message
        (council, id, channel, template, language, recipient, personalisation, tries, created_at, expires_at)
        SELECT '*', id, CASE channel WHEN 'text' THEN 'sms' ELSE channel END, template, language, address,
            personalisation, tries, created_at, expires_at FROM mail WHERE expires_at > now()""",
    """INSERT INTO job (council, kind, version, lane, priority, state, payload)
        SELECT '*', 'messages.send', 1, 1, CASE WHEN personalisation ? 'code' THEN 0 ELSE 1 END, 0,
            jsonb_build_object('message', id)
        FROM mail WHERE expires_at > now() AND due_at IS NOT NULL ORDER BY id""",
    "DROP TABLE mail",
)
_DOWN: tuple[str, ...] = (
    _EVERY_COUNCIL,
    """CREATE TABLE mail (
        id uuid NOT NULL, template text NOT NULL, language text NOT NULL, address text NOT NULL,
        personalisation jsonb NOT NULL, tries integer NOT NULL, created_at timestamptz NOT NULL,
        due_at timestamptz, expires_at timestamptz NOT NULL, channel text NOT NULL DEFAULT 'email',
        CONSTRAINT pk_mail PRIMARY KEY (id), CONSTRAINT ck_mail_language CHECK (language IN ('en', 'cy')),
        CONSTRAINT ck_mail_channel CHECK (channel IN ('email', 'text')))""",
    "CREATE INDEX ix_mail_due_at ON mail (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ix_mail_expires_at ON mail (expires_at)",
    """INSERT INTO mail
            (id, template, language, address, personalisation, tries, created_at, due_at, expires_at, channel)
        SELECT m.id, m.template, m.language, m.recipient, m.personalisation, m.tries, m.created_at, j.due_at,
            m.expires_at, CASE m.channel WHEN 'sms' THEN 'text' ELSE m.channel END
        FROM message m LEFT JOIN job j ON j.kind = 'messages.send' AND j.payload->>'message' = m.id::text""",
    "DELETE FROM job WHERE kind = 'messages.send'",
    "DELETE FROM message",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

"""Webhooks: subscriptions, what is sent to them, and the log of attempts."""

from alembic import op

from chassis import migrations

revision = "0008"
down_revision = "0007"

_TABLES = ("webhook_subscription", "webhook_delivery", "webhook_attempt")
_STATEMENTS = (
    """CREATE TABLE webhook_subscription (
        council text, id uuid, kind text NOT NULL, mode text NOT NULL, scope text, url text NOT NULL,
        event_types text[] NOT NULL, description text NOT NULL, enabled boolean NOT NULL,
        secret bytea NOT NULL, previous_secret bytea, previous_until timestamptz,
        created_by jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(), version integer NOT NULL, failing_since timestamptz,
        CONSTRAINT pk_webhook_subscription PRIMARY KEY (council, id))""",
    """CREATE TABLE webhook_delivery (
        council text, id uuid, subscription uuid NOT NULL, event_type text NOT NULL, resource text NOT NULL,
        body text NOT NULL, status text NOT NULL, run integer NOT NULL DEFAULT 1,
        tries integer NOT NULL DEFAULT 0, attempts integer NOT NULL DEFAULT 0, next_at timestamptz,
        created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_webhook_delivery PRIMARY KEY (council, id),
        CONSTRAINT fk_webhook_delivery_council_subscription FOREIGN KEY (council, subscription)
            REFERENCES webhook_subscription ON DELETE CASCADE DEFERRABLE)""",
    """CREATE INDEX ix_webhook_delivery_council_subscription_id
        ON webhook_delivery (council, subscription, id)""",
    "CREATE INDEX ix_webhook_delivery_council_status_id ON webhook_delivery (council, status, id)",
    "CREATE INDEX ix_webhook_delivery_expires_at ON webhook_delivery (expires_at)",
    """CREATE TABLE webhook_attempt (
        council text, delivery uuid, n integer, at timestamptz NOT NULL, status_code integer,
        milliseconds integer NOT NULL, error text,
        CONSTRAINT pk_webhook_attempt PRIMARY KEY (council, delivery, n),
        CONSTRAINT fk_webhook_attempt_council_delivery FOREIGN KEY (council, delivery)
            REFERENCES webhook_delivery ON DELETE CASCADE DEFERRABLE)""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _TABLES:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)

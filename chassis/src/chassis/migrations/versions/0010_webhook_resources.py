"""Find the deliveries about a resource, for people who look into it."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_webhook_delivery_council_resource_id ON webhook_delivery (council, resource, id)"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_webhook_delivery_council_resource_id")

"""Relay the outbox in two lanes."""

from chassis import migrations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.platform_3_up()


def downgrade() -> None:
    migrations.platform_3_down()

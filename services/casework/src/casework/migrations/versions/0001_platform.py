"""The tables every service has."""

from chassis import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.platform_1_up()


def downgrade() -> None:
    migrations.platform_1_down()

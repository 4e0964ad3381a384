"""Jobs and schedules: work after its cause has committed, now or later."""

from chassis import migrations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.platform_4_up()


def downgrade() -> None:
    migrations.platform_4_down()

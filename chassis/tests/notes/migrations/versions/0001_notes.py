import sqlalchemy as sa
from alembic import op

from chassis import migrations

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("council", "id", name="pk_note"),
    )
    migrations.secure_rows("note")


def downgrade() -> None:
    op.drop_table("note")

"""The tables every service has, and where each property is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "property_point",
        sa.Column("council", sa.Text, nullable=False),
        sa.Column("uprn", sa.BigInteger, nullable=False),
        sa.Column("easting", sa.Numeric(8, 2), nullable=False),
        sa.Column("northing", sa.Numeric(9, 2), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("council", "uprn", name="pk_property_point"),
    )


def downgrade() -> None:
    op.drop_table("property_point")

"""The areas of postcodes, by mapping's events."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE outcode_area (
        council text NOT NULL, id uuid NOT NULL, outcode text COLLATE "C" NOT NULL, sequence integer NOT NULL,
        searched jsonb NOT NULL, as_of timestamptz NOT NULL,
        CONSTRAINT pk_outcode_area PRIMARY KEY (council, id))""",
    """CREATE TABLE postcode_area (
        council text NOT NULL, postcode text COLLATE "C" NOT NULL, outcode uuid NOT NULL,
        areas jsonb NOT NULL,
        CONSTRAINT pk_postcode_area PRIMARY KEY (council, postcode))""",
    "CREATE INDEX ix_postcode_area_council_outcode ON postcode_area (council, outcode)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE postcode_area, outcode_area")

"""The areas of postcodes, as address is told of them; and which postcode a property has.

Properties that are there already have none until address's events come again (`resync` of address).
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UP = (
    'ALTER TABLE property_point ADD COLUMN postcode text COLLATE "C"',
    "CREATE INDEX ix_property_point_council_postcode ON property_point (council, postcode)",
    "CREATE INDEX ix_property_point_council_updated_at ON property_point (council, updated_at)",
    """CREATE TABLE outcode_areas (
        council text NOT NULL, id uuid NOT NULL, outcode text COLLATE "C" NOT NULL, version integer NOT NULL,
        content jsonb NOT NULL, as_of timestamptz NOT NULL,
        CONSTRAINT pk_outcode_areas PRIMARY KEY (council, id))""",
    "CREATE UNIQUE INDEX uq_outcode_areas_outcode ON outcode_areas (council, outcode)",
    """CREATE TABLE area_survey (
        council text NOT NULL, layers jsonb NOT NULL, points_at timestamptz NOT NULL, due_at timestamptz,
        CONSTRAINT pk_area_survey PRIMARY KEY (council))""",
)
_DOWN = (
    "DROP TABLE area_survey",
    "DROP TABLE outcode_areas",
    "DROP INDEX ix_property_point_council_updated_at",
    "DROP INDEX ix_property_point_council_postcode",
    "ALTER TABLE property_point DROP COLUMN postcode",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

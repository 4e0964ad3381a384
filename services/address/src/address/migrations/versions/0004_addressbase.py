"""What AddressBase and a council's own export say beyond the plain CSV."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE delivery_point (
        council text NOT NULL, uprn bigint NOT NULL, udprn integer NOT NULL, organisation_name text,
        department_name text, sub_building_name text, building_name text, building_number text,
        dependent_thoroughfare text, thoroughfare text, double_dependent_locality text,
        dependent_locality text, post_town text, postcode text COLLATE "C" NOT NULL, postcode_type text,
        delivery_point_suffix text, welsh_dependent_thoroughfare text, welsh_thoroughfare text,
        welsh_double_dependent_locality text, welsh_dependent_locality text, welsh_post_town text,
        po_box_number text, process_date date, start_date date, end_date date, entry_date date NOT NULL,
        last_update date NOT NULL, CONSTRAINT pk_delivery_point PRIMARY KEY (council, uprn, udprn))""",
    """CREATE TABLE successor (
        council text NOT NULL, uprn bigint NOT NULL, succ_key text NOT NULL, successor bigint NOT NULL,
        start_date date, end_date date, entry_date date NOT NULL, last_update date NOT NULL,
        CONSTRAINT pk_successor PRIMARY KEY (council, uprn, succ_key))""",
    "CREATE INDEX ix_successor_council_successor ON successor (council, successor)",
    "ALTER TABLE place ADD COLUMN udprn integer",
    "ALTER TABLE blpu ADD COLUMN class_key text",
    "ALTER TABLE cross_reference ADD COLUMN xref_key text",
    """ALTER TABLE street ADD COLUMN surface smallint, ADD COLUMN naming_authority smallint,
        ADD COLUMN start_easting numeric(8, 2), ADD COLUMN start_northing numeric(9, 2),
        ADD COLUMN end_easting numeric(8, 2), ADD COLUMN end_northing numeric(9, 2),
        ADD COLUMN tolerance smallint""",
)
_DOWN = (
    """ALTER TABLE street DROP COLUMN surface, DROP COLUMN naming_authority, DROP COLUMN start_easting,
        DROP COLUMN start_northing, DROP COLUMN end_easting, DROP COLUMN end_northing,
        DROP COLUMN tolerance""",
    "ALTER TABLE cross_reference DROP COLUMN xref_key",
    "ALTER TABLE blpu DROP COLUMN class_key",
    "ALTER TABLE place DROP COLUMN udprn",
    "DROP TABLE successor",
    "DROP TABLE delivery_point",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

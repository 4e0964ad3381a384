"""Where cases are."""

from alembic import op

from chassis import migrations

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE case_location (
        council text NOT NULL, case_id uuid NOT NULL, mode text NOT NULL, case_type text NOT NULL,
        reference text, is_public boolean NOT NULL, is_told boolean NOT NULL,
        lon double precision, lat double precision, uprn bigint, usrn integer,
        easting double precision, northing double precision, sequence integer NOT NULL,
        version integer NOT NULL, closed_at timestamptz, updated_at timestamptz NOT NULL,
        CONSTRAINT pk_case_location PRIMARY KEY (council, case_id))""",
    """CREATE INDEX ix_case_location_easting ON case_location (council, mode, easting, northing)
        WHERE closed_at IS NULL AND easting IS NOT NULL""",
    "CREATE INDEX ix_case_location_closed_at ON case_location (closed_at) WHERE closed_at IS NOT NULL",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    migrations.secure_rows("case_location")


def downgrade() -> None:
    op.execute("DROP TABLE case_location")

"""Names of streets, and rules of who looks after what."""

from alembic import op

from chassis import migrations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE street_name (
        council text NOT NULL, usrn integer NOT NULL, name text NOT NULL, easting numeric(8, 2),
        northing numeric(9, 2), sequence integer NOT NULL, retired boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_street_name PRIMARY KEY (council, usrn))""",
    "CREATE INDEX ix_street_name_name ON street_name (council, name)",
    """CREATE TABLE responsibility_rule (
        council text NOT NULL, id uuid NOT NULL, position integer NOT NULL, report_kind text NOT NULL,
        layer uuid, within_metres double precision NOT NULL, property_name text NOT NULL,
        property_values text[] NOT NULL, body text NOT NULL, contact text NOT NULL,
        version integer NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_responsibility_rule PRIMARY KEY (council, id),
        CONSTRAINT ck_responsibility_rule_within_metres CHECK (within_metres >= 0))""",
    "CREATE INDEX ix_responsibility_rule_position ON responsibility_rule (council, position, id)",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    migrations.secure_rows("responsibility_rule")


def downgrade() -> None:
    op.execute("DROP TABLE responsibility_rule, street_name")

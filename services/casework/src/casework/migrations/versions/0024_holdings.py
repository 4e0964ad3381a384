"""What people hold by their cases, by address and by vehicle."""

from alembic import op

from chassis import migrations

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLE = """CREATE TABLE holding (
    council text NOT NULL, case_id uuid NOT NULL, holding text NOT NULL, kind text NOT NULL, number text,
    plate text, started_on date NOT NULL, until date, ended_on date,
    CONSTRAINT pk_holding PRIMARY KEY (council, case_id, holding),
    CONSTRAINT fk_holding_council_case_id FOREIGN KEY (council, case_id)
        REFERENCES case_record (council, id) DEFERRABLE INITIALLY IMMEDIATE)"""
_PLATE = "CREATE INDEX ix_holding_plate ON holding (council, plate) WHERE plate IS NOT NULL"


def upgrade() -> None:
    op.execute(_TABLE)
    op.execute(_PLATE)
    migrations.secure_rows("holding")


def downgrade() -> None:
    op.execute("DROP TABLE holding")

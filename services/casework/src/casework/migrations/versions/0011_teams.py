"""Teams and their areas, absences, workloads; links from a case to one that was a part of it."""

from alembic import op

from chassis import migrations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE team (
        council text NOT NULL, code text NOT NULL, name text NOT NULL, members text[] NOT NULL,
        last_assignee text, version integer NOT NULL,
        CONSTRAINT pk_team PRIMARY KEY (council, code))""",
    """CREATE TABLE team_area (
        council text NOT NULL, case_type text NOT NULL, area text NOT NULL, team text NOT NULL,
        CONSTRAINT pk_team_area PRIMARY KEY (council, case_type, area),
        CONSTRAINT fk_team_area_council_team FOREIGN KEY (council, team) REFERENCES team (council, code)
            ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE)""",
    "ALTER TABLE role_holder ADD COLUMN away_from date, ADD COLUMN away_until date",
    """CREATE INDEX ix_case_record_workload ON case_record (council, mode)
        INCLUDE (team, assignee, due_at, restricted) WHERE closed_at IS NULL""",
)
_DOWN = (
    "SELECT set_config('app.council', '*', true)",
    "DELETE FROM case_link WHERE kind = 'split'",
    "DROP INDEX ix_case_record_workload",
    "ALTER TABLE role_holder DROP COLUMN away_from, DROP COLUMN away_until",
    "DROP TABLE team_area, team",
)
_CHECK = """ALTER TABLE case_link DROP CONSTRAINT ck_case_link_kind,
    ADD CONSTRAINT ck_case_link_kind CHECK (kind IN ({kinds})) NOT VALID"""
_VALIDATE = "ALTER TABLE case_link VALIDATE CONSTRAINT ck_case_link_kind"


def upgrade() -> None:
    for statement in (*_UP, _CHECK.format(kinds="'link', 'merge', 'sub_case', 'split'"), _VALIDATE):
        op.execute(statement)
    for table in ("team", "team_area"):
        migrations.secure_rows(table)


def downgrade() -> None:
    for statement in (*_DOWN, _CHECK.format(kinds="'link', 'merge', 'sub_case'"), _VALIDATE):
        op.execute(statement)

"""Figures: counts by type and week, which triggers write with what they count.

A clock ended in time if the instant that its end counts from lies before it was due: both stand in the
engine's state, before and after the act. A case that leaves for another council changes no count.
"""

from alembic import op

from chassis import migrations

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE = (
    """CREATE TABLE case_figure (
        council text NOT NULL, id uuid NOT NULL DEFAULT uuidv7(), mode text NOT NULL, code text NOT NULL,
        restricted text NOT NULL, week date NOT NULL, measure text NOT NULL, detail text NOT NULL,
        number integer NOT NULL, folded boolean NOT NULL DEFAULT false,
        CONSTRAINT pk_case_figure PRIMARY KEY (council, id),
        CONSTRAINT ck_case_figure_measure CHECK (
            measure IN ('opened', 'closed', 'closed_late', 'reopened', 'met', 'missed')))
        WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)""",
    "CREATE INDEX ix_case_figure_week ON case_figure (council, mode, week, code)",
    "CREATE INDEX ix_case_figure_waiting ON case_figure (council, id) WHERE NOT folded",
    """CREATE INDEX ix_case_record_open_of_type ON case_record (council, mode, code, opened_at)
        INCLUDE (due_at, restricted) WHERE closed_at IS NULL""",
)
_ADD = "INSERT INTO case_figure (council, mode, code, restricted, week, measure, detail, number)"
_OF_CASE = "NEW.council, NEW.mode, NEW.code, coalesce(NEW.restricted, '')"


def _week(column: str) -> str:
    return f"date_trunc('week', NEW.{column} AT TIME ZONE 'Europe/London')::date"


_FUNCTIONS = (
    f"""CREATE FUNCTION count_new_case() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {_ADD} VALUES ({_OF_CASE}, {_week("opened_at")}, 'opened', '', 1);
            IF NEW.closed_at IS NOT NULL THEN
                {_ADD} VALUES ({_OF_CASE}, {_week("closed_at")}, 'closed', NEW.result, 1);
            END IF;
            RETURN NULL;
        END $$""",
    f"""CREATE FUNCTION count_case_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            ended record;
            is_late boolean := false;
        BEGIN
            FOR ended IN SELECT clock, (NEW.engine #>> ARRAY['clocks', clock, '-1', '1'])::timestamptz
                    < (due ->> 1)::timestamptz AS in_time
                FROM jsonb_each(coalesce(OLD.engine -> 'due_dates', '{{}}')) AS running (clock, due)
                WHERE NEW.engine #>> ARRAY['clocks', clock, '-1', '0'] = 'stop' LOOP
                is_late := is_late OR NOT ended.in_time;
                {_ADD} VALUES ({_OF_CASE}, {_week("changed_at")},
                    CASE WHEN ended.in_time THEN 'met' ELSE 'missed' END, ended.clock, 1);
            END LOOP;
            IF OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL THEN
                {_ADD} VALUES ({_OF_CASE}, {_week("closed_at")}, 'closed', NEW.result, 1);
                IF is_late THEN
                    {_ADD} VALUES ({_OF_CASE}, {_week("closed_at")}, 'closed_late', '', 1);
                END IF;
            ELSIF OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL THEN
                {_ADD} VALUES ({_OF_CASE}, {_week("changed_at")}, 'reopened', '', 1);
            END IF;
            RETURN NULL;
        END $$""",  # noqa: S608
)
_TRIGGERS = (
    """CREATE TRIGGER count_new_case AFTER INSERT ON case_record
        FOR EACH ROW EXECUTE FUNCTION count_new_case()""",
    """CREATE TRIGGER count_case_change AFTER UPDATE OF engine, closed_at ON case_record FOR EACH ROW
        WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at
            OR OLD.engine -> 'due_dates' IS DISTINCT FROM NEW.engine -> 'due_dates')
        EXECUTE FUNCTION count_case_change()""",
)


def upgrade() -> None:
    for statement in (*_TABLE, *_FUNCTIONS, *_TRIGGERS):
        op.execute(statement)
    migrations.secure_rows("case_figure")


def downgrade() -> None:
    op.execute("DROP FUNCTION count_new_case, count_case_change CASCADE")
    op.execute("DROP INDEX ix_case_record_open_of_type")
    op.execute("DROP TABLE case_figure")

"""Jobs and schedules: work after its cause has committed, now, later or by the clock."""

from alembic import op

from chassis import migrations

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    """CREATE TABLE job (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_job PRIMARY KEY,
        council text NOT NULL, kind text NOT NULL, version smallint NOT NULL, payload jsonb NOT NULL,
        state smallint NOT NULL, lane smallint NOT NULL, priority smallint NOT NULL,
        due_at timestamptz NOT NULL DEFAULT now(), key text, lease bigint,
        failures smallint NOT NULL DEFAULT 0, unhandled_since timestamptz, reason text, traceparent text,
        created_at timestamptz NOT NULL DEFAULT now())
        WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 50000)""",
    "CREATE INDEX ix_job_ready ON job (lane, priority, council, id) WHERE state = 0",
    "CREATE INDEX ix_job_armed ON job (due_at) WHERE state = 1",
    "CREATE INDEX ix_job_taken ON job (due_at) WHERE state = 2",
    "CREATE INDEX ix_job_dead ON job (council, id) WHERE state > 2",
    "CREATE UNIQUE INDEX uq_job_key ON job (council, kind, key) WHERE key IS NOT NULL AND lease IS NULL",
    """CREATE TABLE schedule (
        name text CONSTRAINT pk_schedule PRIMARY KEY, rule text NOT NULL, next_at timestamptz NOT NULL)""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    migrations.secure_rows("job")


def downgrade() -> None:
    op.drop_table("schedule")
    op.drop_table("job")

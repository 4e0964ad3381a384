"""Batches of addresses to match, and references in other registers: who may see them, and their history."""

from alembic import op

from chassis import migrations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE match_batch (
        council text NOT NULL, id uuid NOT NULL, status text NOT NULL, client text NOT NULL,
        rows integer NOT NULL DEFAULT 0, done integer NOT NULL DEFAULT 0,
        matched integer NOT NULL DEFAULT 0, ambiguous integer NOT NULL DEFAULT 0,
        missing integer NOT NULL DEFAULT 0, rejected integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, finished_at timestamptz,
        fault text, holder uuid, held_until timestamptz, tries smallint NOT NULL DEFAULT 0,
        CONSTRAINT pk_match_batch PRIMARY KEY (council, id),
        CONSTRAINT ck_match_batch_status_known
            CHECK (status IN ('receiving', 'queued', 'running', 'finished', 'failed')))""",
    "CREATE INDEX ix_match_batch_created_at ON match_batch (created_at) WHERE status <> 'finished'",
    """CREATE TABLE match_chunk (
        council text NOT NULL, batch uuid NOT NULL, n integer NOT NULL, rows integer NOT NULL,
        asked bytea, answered bytea, rejects bytea,
        CONSTRAINT pk_match_chunk PRIMARY KEY (council, batch, n))""",
    """CREATE TABLE reference_scheme (
        council text NOT NULL, scheme text NOT NULL, name text NOT NULL, private boolean NOT NULL,
        many boolean NOT NULL, version integer NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_reference_scheme PRIMARY KEY (council, scheme))""",
    """CREATE TABLE reference_history (
        council text NOT NULL, uprn bigint NOT NULL, scheme text NOT NULL, reference text NOT NULL,
        version integer NOT NULL, at timestamptz NOT NULL DEFAULT now(), actor text NOT NULL,
        kind text NOT NULL, start_date date, end_date date,
        CONSTRAINT pk_reference_history PRIMARY KEY (council, uprn, scheme, reference, version),
        CONSTRAINT ck_reference_history_kind_known CHECK (kind IN ('set', 'ended')))""",
    """CREATE INDEX ix_reference_history_council_scheme_reference
        ON reference_history (council, scheme, reference)""",
    """CREATE TRIGGER keep_reference_history BEFORE UPDATE OR DELETE ON reference_history
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
)
_MADE = ("reference_history", "reference_scheme", "match_chunk", "match_batch")
# A council tax or an electoral reference leads to people.
_SECURED = ("match_batch", "match_chunk", "reference_history", "cross_reference")


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in _MADE:
        op.drop_table(table)
    op.execute("DROP POLICY one_council ON cross_reference")
    op.execute("ALTER TABLE cross_reference NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE cross_reference DISABLE ROW LEVEL SECURITY")

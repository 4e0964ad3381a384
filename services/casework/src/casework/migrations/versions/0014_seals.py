"""Seals of histories: the ends of those that grew, a chain of each council."""

from alembic import op

from chassis import migrations

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE history_seal (
        council text NOT NULL, sequence integer NOT NULL, chain uuid NOT NULL, day date NOT NULL,
        since timestamptz, until timestamptz NOT NULL, is_complete boolean NOT NULL, heads integer NOT NULL,
        root bytea NOT NULL, digest bytea NOT NULL, statement text NOT NULL,
        CONSTRAINT pk_history_seal PRIMARY KEY (council, sequence))""",
    """CREATE TABLE history_head (
        council text NOT NULL, sequence integer NOT NULL, case_id uuid NOT NULL, n integer NOT NULL,
        digest bytea NOT NULL, CONSTRAINT pk_history_head PRIMARY KEY (council, sequence, case_id),
        CONSTRAINT fk_history_head_council_sequence FOREIGN KEY (council, sequence)
            REFERENCES history_seal (council, sequence) DEFERRABLE INITIALLY IMMEDIATE)""",
    "CREATE INDEX ix_history_head_case ON history_head (case_id, n)",
    "CREATE INDEX ix_case_entry_at ON case_entry (council, at)",
    """CREATE FUNCTION keep_as_sealed() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is kept as it was sealed', TG_TABLE_NAME; END $$""",
)
_TABLES = ("history_seal", "history_head")


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _TABLES:
        op.execute(
            f"""CREATE TRIGGER keep_as_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION keep_as_sealed()"""
        )
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION keep_as_sealed")
    op.execute("DROP INDEX ix_case_entry_at")

"""Which layers are searched for constraints, and the searches, kept as they were answered."""

from alembic import op

from chassis import migrations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UP = (
    """CREATE TABLE constraint_setting (
        council text NOT NULL, version integer NOT NULL, layers jsonb NOT NULL, actor text NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT pk_constraint_setting PRIMARY KEY (council, version))""",
    """CREATE TABLE constraint_search (
        council text NOT NULL, id uuid NOT NULL, mode text NOT NULL, audience text NOT NULL,
        actor text NOT NULL, content bytea NOT NULL, digest bytea NOT NULL,
        created_at timestamptz NOT NULL, keep_until date NOT NULL,
        CONSTRAINT pk_constraint_search PRIMARY KEY (council, id))""",
    "CREATE INDEX ix_constraint_search_keep_until ON constraint_search (keep_until)",
    """CREATE FUNCTION keep_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                IF OLD.keep_until < current_date THEN
                    RETURN OLD;
                END IF;
            END IF;
            RAISE EXCEPTION 'a search is kept as it was answered until its day';
        END $$""",
    """CREATE TRIGGER keep_evidence BEFORE DELETE OR UPDATE OF id, mode, audience, actor, content, digest,
        created_at, keep_until ON constraint_search FOR EACH ROW EXECUTE FUNCTION keep_evidence()""",
    """CREATE TRIGGER keep_all_evidence BEFORE TRUNCATE ON constraint_search
        FOR EACH STATEMENT EXECUTE FUNCTION keep_evidence()""",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)
    migrations.secure_rows("constraint_setting")
    migrations.secure_rows("constraint_search")


def downgrade() -> None:
    op.execute("DROP TABLE constraint_search, constraint_setting")
    op.execute("DROP FUNCTION keep_evidence()")

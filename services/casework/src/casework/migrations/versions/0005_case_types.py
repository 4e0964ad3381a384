"""Versions of case types; what was published stays as it was."""

from alembic import op

from chassis import migrations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLE = """CREATE TABLE case_type_version (
    council text NOT NULL, id uuid NOT NULL, code text NOT NULL, number text NOT NULL, state text NOT NULL,
    name jsonb NOT NULL, source text NOT NULL, welsh text NOT NULL, parameters jsonb NOT NULL,
    digest text NOT NULL, version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL,
    CONSTRAINT pk_case_type_version PRIMARY KEY (council, id),
    CONSTRAINT ck_case_type_version_state CHECK (state IN ('draft', 'published', 'retired')))"""
_NUMBER = "CREATE UNIQUE INDEX uq_case_type_version_number ON case_type_version (council, code, number)"
_PUBLISHED = """CREATE UNIQUE INDEX uq_case_type_version_published ON case_type_version (council, code)
    WHERE state = 'published'"""
_KEEP = """CREATE FUNCTION keep_published_case_type() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'a published case type stays as it was'; END $$"""
_KEEP_CONTENT = """CREATE TRIGGER keep_published_case_type
    BEFORE UPDATE OF id, code, state, name, source, welsh, parameters, digest ON case_type_version
    FOR EACH ROW WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft'
        OR (OLD.id, OLD.code, OLD.name, OLD.source, OLD.welsh, OLD.parameters, OLD.digest)
            IS DISTINCT FROM
            (NEW.id, NEW.code, NEW.name, NEW.source, NEW.welsh, NEW.parameters, NEW.digest)))
    EXECUTE FUNCTION keep_published_case_type()"""


def upgrade() -> None:
    for statement in (_TABLE, _NUMBER, _PUBLISHED, _KEEP, _KEEP_CONTENT):
        op.execute(statement)
    migrations.secure_rows("case_type_version")


def downgrade() -> None:
    op.execute("DROP TABLE case_type_version")
    op.execute("DROP FUNCTION keep_published_case_type")

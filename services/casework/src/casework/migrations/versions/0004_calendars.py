"""Closures and school terms of councils; bank holidays proclaimed in the region, kept as entered."""

from alembic import op

from chassis import migrations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_VERSION = "version integer NOT NULL, updated_by text NOT NULL, updated_at timestamptz NOT NULL"
_TABLES = (
    """CREATE TABLE proclamation (
        id uuid NOT NULL, day date NOT NULL, divisions text[] NOT NULL, added boolean NOT NULL,
        name text NOT NULL, name_cy text NOT NULL, source text NOT NULL, reason text NOT NULL,
        entered_by text NOT NULL, entered_at timestamptz NOT NULL,
        CONSTRAINT pk_proclamation PRIMARY KEY (id),
        CONSTRAINT ck_proclamation_divisions CHECK (
            divisions <@ ARRAY['england_and_wales', 'scotland', 'northern_ireland']
            AND cardinality(divisions) BETWEEN 1 AND 3))""",
    f"""CREATE TABLE closure (
        council text NOT NULL, id uuid NOT NULL, first_day date NOT NULL, last_day date NOT NULL,
        name text NOT NULL, name_cy text NOT NULL, {_VERSION},
        CONSTRAINT pk_closure PRIMARY KEY (council, id),
        CONSTRAINT ck_closure_days CHECK (last_day >= first_day))""",
    f"""CREATE TABLE admission_authority (
        council text NOT NULL, id uuid NOT NULL, name text NOT NULL, {_VERSION},
        CONSTRAINT pk_admission_authority PRIMARY KEY (council, id))""",
    f"""CREATE TABLE school_year (
        council text NOT NULL, authority uuid NOT NULL, year integer NOT NULL, terms jsonb NOT NULL,
        inset_days date[] NOT NULL, {_VERSION},
        CONSTRAINT pk_school_year PRIMARY KEY (council, authority, year),
        CONSTRAINT fk_school_year_council_authority FOREIGN KEY (council, authority)
            REFERENCES admission_authority (council, id) DEFERRABLE INITIALLY IMMEDIATE)""",
)
_KEEP = """CREATE FUNCTION keep_as_entered() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is kept as it was entered', TG_TABLE_NAME; END $$"""
_KEEP_PROCLAMATION = """CREATE TRIGGER keep_as_entered BEFORE UPDATE OR DELETE OR TRUNCATE ON proclamation
    FOR EACH STATEMENT EXECUTE FUNCTION keep_as_entered()"""
_SECURED = ("closure", "admission_authority", "school_year")


def upgrade() -> None:
    for statement in (*_TABLES, _KEEP, _KEEP_PROCLAMATION):
        op.execute(statement)
    for table in _SECURED:
        migrations.secure_rows(table)


def downgrade() -> None:
    for table in ("school_year", "admission_authority", "closure", "proclamation"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION keep_as_entered")

"""Search: the words of cases, and where cases are."""

from alembic import op

from chassis import migrations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OF_CASE = """FOREIGN KEY (council, case_id) REFERENCES case_record (council, id)
    ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE"""
_TABLES = (
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    f"""CREATE TABLE case_words (
        council text NOT NULL, case_id uuid NOT NULL, words tsvector NOT NULL, notes tsvector NOT NULL,
        CONSTRAINT pk_case_words PRIMARY KEY (council, case_id),
        CONSTRAINT fk_case_words_council_case_id {_OF_CASE})""",
    # A search reads the whole list of rows that are not yet in the index, so it is kept short.
    """CREATE INDEX ix_case_words ON case_words USING gin (council, words)
        WITH (gin_pending_list_limit = 256)""",
    f"""CREATE TABLE case_place (
        council text NOT NULL, case_id uuid NOT NULL, lat double precision NOT NULL,
        long double precision NOT NULL, usrn integer,
        CONSTRAINT pk_case_place PRIMARY KEY (council, case_id),
        CONSTRAINT fk_case_place_council_case_id {_OF_CASE})""",
    "CREATE INDEX ix_case_place_point ON case_place (council, lat, long)",
    "CREATE INDEX ix_case_place_street ON case_place (council, usrn, case_id) WHERE usrn IS NOT NULL",
)
# The policy shows all words to the owner, so that the index is used. The function opens nothing else: only to
# the role that serves, of the session's council alone, and by names that nobody can shadow. The rows of
# case_record that it joins are the council's by their own policy.
_SEARCH = (
    "CREATE POLICY search_cases ON case_words FOR SELECT TO CURRENT_USER USING (true)",
    """CREATE FUNCTION search_cases(
            of_mode text, open_words tsquery, all_words tsquery, selves text[], roles text[],
            of_code text, in_state text, of_team text, of_assignee text, is_closed boolean,
            overdue_at timestamptz, opened_from timestamptz, opened_before timestamptz,
            before uuid, most integer)
        RETURNS TABLE (case_id uuid)
        LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
        SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
            -- Planned anew each time: how common the words are decides the plan.
            RETURN QUERY EXECUTE 'SELECT w.case_id FROM public.case_words w
                JOIN public.case_record c ON c.council = w.council AND c.id = w.case_id
                WHERE w.council = current_setting(''app.council'', true)
                AND w.words @@ $3 AND (w.words @@ $2 OR c.person IS NULL OR NOT c.person = ANY ($4))
                AND c.mode = $1 AND (c.restricted IS NULL OR c.restricted = ANY ($5))
                AND ($6 IS NULL OR c.code = $6) AND ($7 IS NULL OR c.state = $7)
                AND ($8 IS NULL OR c.team = $8) AND ($9 IS NULL OR c.assignee = $9)
                AND ($10 IS NULL OR (c.closed_at IS NOT NULL) = $10)
                AND ($11 IS NULL OR c.closed_at IS NULL AND c.due_at <= $11)
                AND ($12 IS NULL OR c.opened_at >= $12) AND ($13 IS NULL OR c.opened_at < $13)
                AND ($14 IS NULL OR w.case_id < $14)
                ORDER BY w.case_id DESC LIMIT $15'
                USING of_mode, open_words, all_words, selves, roles, of_code, in_state, of_team,
                    of_assignee, is_closed, overdue_at, opened_from, opened_before, before,
                    LEAST(coalesce(most, 0), 1001);
        END $$""",
    """DO $$ DECLARE role text; BEGIN
        REVOKE ALL ON FUNCTION search_cases FROM PUBLIC;
        FOR role IN SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)
                WHERE oid = 'case_record'::regclass AND grantee NOT IN (relowner, 0) LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION search_cases TO %s', role);
        END LOOP; END $$""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for table in ("case_words", "case_place"):
        migrations.secure_rows(table)
    for statement in _SEARCH:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION search_cases")
    op.execute("DROP TABLE case_place, case_words")
    op.execute("DROP EXTENSION btree_gin")

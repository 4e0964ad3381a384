"""The postcodes of Great Britain, the same for every council of the region, and those of each gazetteer."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE postcode (
        postcode text COLLATE "C" NOT NULL, easting integer, northing integer, district text,
        CONSTRAINT pk_postcode PRIMARY KEY (postcode))""",
    "CREATE INDEX ix_postcode_point ON postcode USING spgist (point(easting, northing) kd_point_ops)",
    """CREATE TABLE outcode (
        outcode text COLLATE "C" NOT NULL, postcodes integer NOT NULL, before integer NOT NULL,
        easting integer, northing integer, districts text[] NOT NULL,
        CONSTRAINT pk_outcode PRIMARY KEY (outcode))""",
    """CREATE TABLE postcode_file (
        id uuid NOT NULL, file text NOT NULL, sha256 text NOT NULL, rows integer NOT NULL,
        loaded_at timestamptz NOT NULL DEFAULT now(), CONSTRAINT pk_postcode_file PRIMARY KEY (id))""",
    """CREATE TABLE gazetteer_postcode (
        council text NOT NULL, postcode text COLLATE "C" NOT NULL, easting integer NOT NULL,
        northing integer NOT NULL, ward text, parish text,
        CONSTRAINT pk_gazetteer_postcode PRIMARY KEY (council, postcode))""",
    "CREATE INDEX ix_gazetteer_postcode_council_easting ON gazetteer_postcode (council, easting)",
)
# Whatever writes ``place``, its postcodes are right at the end of the statement. Two who change the same
# postcode take turns: the second counts again what the first has left.
_KEEP = """
    CREATE FUNCTION keep_gazetteer_postcodes() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE slug text;
    BEGIN
        FOR slug IN SELECT DISTINCT council FROM moved LOOP
            PERFORM FROM gazetteer_postcode g
                WHERE g.council = slug AND g.postcode IN (SELECT m.postcode FROM moved m)
                ORDER BY g.postcode FOR UPDATE;
            INSERT INTO gazetteer_postcode AS g (council, postcode, easting, northing, ward, parish)
                SELECT slug, p.postcode, round(avg(p.easting)), round(avg(p.northing)),
                    CASE WHEN count(p.ward) = count(*) AND min(p.ward) = max(p.ward) THEN min(p.ward) END,
                    CASE WHEN count(p.parish) = count(*) AND min(p.parish) = max(p.parish)
                        THEN min(p.parish) END
                FROM place p
                WHERE p.council = slug AND p.postcode IN (SELECT m.postcode FROM moved m) AND p.delivery
                GROUP BY p.postcode
                ON CONFLICT (council, postcode) DO UPDATE
                SET easting = excluded.easting, northing = excluded.northing,
                    ward = excluded.ward, parish = excluded.parish
                WHERE (g.easting, g.northing, g.ward, g.parish) IS DISTINCT FROM
                    (excluded.easting, excluded.northing, excluded.ward, excluded.parish);
            DELETE FROM gazetteer_postcode g
                WHERE g.council = slug AND g.postcode IN (SELECT m.postcode FROM moved m)
                AND NOT EXISTS (SELECT FROM place p
                    WHERE p.council = slug AND p.postcode = g.postcode AND p.delivery);
        END LOOP;
        RETURN NULL;
    END $$"""
_TRIGGERS = tuple(
    f"""CREATE TRIGGER keep_postcodes_{name} AFTER {event} ON place REFERENCING {rows} TABLE AS moved
        FOR EACH STATEMENT EXECUTE FUNCTION keep_gazetteer_postcodes()"""
    for name, event, rows in (
        ("inserted", "INSERT", "NEW"),
        ("deleted", "DELETE", "OLD"),
        ("updated_from", "UPDATE", "OLD"),
        ("updated_to", "UPDATE", "NEW"),
    )
)
_THOSE_THERE = """
    INSERT INTO gazetteer_postcode (council, postcode, easting, northing)
    SELECT council, postcode, round(avg(easting)), round(avg(northing)) FROM place
    WHERE delivery GROUP BY council, postcode"""
_UP = (*_TABLES, _KEEP, *_TRIGGERS, _THOSE_THERE)
_DOWN = (
    *(
        f"DROP TRIGGER keep_postcodes_{name} ON place"
        for name in ("updated_to", "updated_from", "deleted", "inserted")
    ),
    "DROP FUNCTION keep_gazetteer_postcodes()",
    *(f"DROP TABLE {name}" for name in ("gazetteer_postcode", "postcode_file", "outcode", "postcode")),
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)

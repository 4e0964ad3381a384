"""SQL that loads the region's postcodes, set-based, changing only rows that differ."""

from sqlalchemy import text

# A load has no time limit, and the planner has no statistics of the staged rows.
SETTINGS = text("""SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)""")
LOCK = text("SELECT pg_advisory_xact_lock(7430006)")  # one load at a time; the number identifies this lock
CREATE_STAGED = text("""CREATE TEMPORARY TABLE staged (
    postcode text COLLATE "C", easting integer, northing integer, district text) ON COMMIT DROP""")
ANALYZE_STAGED = text("ANALYZE staged")
FIND_DUPLICATE = text(
    "SELECT postcode FROM staged GROUP BY postcode HAVING count(*) > 1 ORDER BY postcode LIMIT 1"
)
# In the order of postcodes, so that the index grows at its end.
FILL = text("INSERT INTO postcode SELECT postcode, easting, northing, district FROM staged ORDER BY postcode")
IS_EMPTY = text("SELECT NOT EXISTS (SELECT FROM postcode)")
MERGE = text("""
    WITH done AS (
        MERGE INTO postcode p USING staged s ON p.postcode = s.postcode
        WHEN MATCHED AND (p.easting, p.northing, p.district)
            IS DISTINCT FROM (s.easting, s.northing, s.district)
            THEN UPDATE SET easting = s.easting, northing = s.northing, district = s.district
        WHEN NOT MATCHED THEN INSERT (postcode, easting, northing, district)
            VALUES (s.postcode, s.easting, s.northing, s.district)
        WHEN NOT MATCHED BY SOURCE THEN DELETE
        RETURNING merge_action() AS action)
    SELECT count(*) FILTER (WHERE action = 'INSERT') AS created,
        count(*) FILTER (WHERE action = 'UPDATE') AS changed,
        count(*) FILTER (WHERE action = 'DELETE') AS removed FROM done""")
DELETE_OUTCODES = text("DELETE FROM outcode")
INSERT_OUTCODES = text("""
    INSERT INTO outcode (outcode, postcodes, before, easting, northing, districts)
    SELECT outcode, postcodes, sum(postcodes) OVER (ORDER BY outcode) - postcodes, easting, northing,
        districts
    FROM (SELECT split_part(postcode, ' ', 1) COLLATE "C" AS outcode, count(*) AS postcodes,
            round(avg(easting)) AS easting, round(avg(northing)) AS northing,
            coalesce(array_agg(DISTINCT district) FILTER (WHERE district IS NOT NULL), '{}') AS districts
        FROM staged GROUP BY 1) AS counted""")
INSERT_FILE = text(
    """INSERT INTO postcode_file (id, file, sha256, rows) VALUES (:id, :file, :sha256, :rows)"""
)
GET_LAST_FILE = text("SELECT id, sha256, loaded_at FROM postcode_file ORDER BY loaded_at DESC LIMIT 1")

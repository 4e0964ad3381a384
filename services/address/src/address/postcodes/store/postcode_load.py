"""Loading the region's file of postcodes: set-based, in one transaction, touching only what differs."""

from sqlalchemy import text

# It takes as long as it takes. Nobody knows yet how much has just been staged.
SETTINGS = text("""SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)""")
ALONE = text("SELECT pg_advisory_xact_lock(7430006)")  # one load at a time; the number is only this lock's
STAGE = text("""CREATE TEMPORARY TABLE staged (
    postcode text COLLATE "C", easting integer, northing integer, district text) ON COMMIT DROP""")
COUNTED = text("ANALYZE staged")
TWICE = text("SELECT postcode FROM staged GROUP BY postcode HAVING count(*) > 1 ORDER BY postcode LIMIT 1")
# In the file's order, which is the postcodes': the index grows at its end.
FILL = text("INSERT INTO postcode SELECT postcode, easting, northing, district FROM staged ORDER BY postcode")
EMPTY = text("SELECT NOT EXISTS (SELECT FROM postcode)")
BRING = text("""
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
FORGET_OUTCODES = text("DELETE FROM outcode")
MAKE_OUTCODES = text("""
    INSERT INTO outcode (outcode, postcodes, before, easting, northing, districts)
    SELECT outcode, postcodes, sum(postcodes) OVER (ORDER BY outcode) - postcodes, easting, northing,
        districts
    FROM (SELECT split_part(postcode, ' ', 1) COLLATE "C" AS outcode, count(*) AS postcodes,
            round(avg(easting)) AS easting, round(avg(northing)) AS northing,
            coalesce(array_agg(DISTINCT district) FILTER (WHERE district IS NOT NULL), '{}') AS districts
        FROM staged GROUP BY 1) AS counted""")
RECORD = text("""INSERT INTO postcode_file (id, file, sha256, rows) VALUES (:id, :file, :sha256, :rows)""")
LAST = text("SELECT id, sha256, loaded_at FROM postcode_file ORDER BY loaded_at DESC LIMIT 1")

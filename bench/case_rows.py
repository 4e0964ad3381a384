"""A council's cases, as many as asked for, written by PostgreSQL itself from one that was opened."""

import asyncpg

_CHUNK = 100_000
_OPEN_ONE_IN = 20
_LOADING = "SET session_replication_role = replica"  # a bulk load is no traffic: its keys are right
# Types, teams and people as a council has them: a few that have most cases, and many that have few.
_CASES = """INSERT INTO case_record (council, id, reference, mode, type_version, code, state, result, team,
        assignee, engine, uprn, created_by, version, opened_at, closed_at, due_at, queued_at, changed_at)
    SELECT c.council, uuidv7(at - now()), 'ROW' || n, c.mode, c.type_version,
        CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'type-' || (sqrt(draw) / 7)::integer END,
        CASE WHEN n % $3 = 0 THEN 'reported' ELSE 'collected' END,
        CASE WHEN n % $3 = 0 THEN '' ELSE 'collected' END, 'team-' || (sqrt(draw) / 2)::integer,
        CASE WHEN n % 3 = 0 THEN 'person-' || draw % 200 END, c.engine, 100000000000 + n % 90000,
        c.created_by, 1, at, CASE WHEN n % $3 = 0 THEN NULL ELSE at + interval '2 days' END,
        CASE WHEN n % $3 = 0 THEN at + interval '9 days' END,
        CASE WHEN n % $3 = 0 THEN at + interval '9 days' ELSE '9999-01-01' END, at
    FROM (SELECT * FROM case_record WHERE reference NOT LIKE 'ROW%' LIMIT 1) c
    CROSS JOIN (SELECT n, hashint4(n * 7 + 1) & 1023 AS draw, now()
            - interval '1 second' * ((hashint4(n)::bigint + 2147483648) % 94608000) AS at
        FROM generate_series($1::integer, $2::integer) n) drawn"""


async def write_cases(admin_url: str, first: int, last: int) -> None:
    """Write the cases ``first`` to ``last``, of three years; one in twenty is open. Tables are left tidy."""
    connection = await asyncpg.connect(f"{admin_url.rpartition('/')[0]}/casework")
    await connection.execute(_LOADING)
    for start in range(first, last + 1, _CHUNK):
        await connection.execute(_CASES, start, min(start + _CHUNK - 1, last), _OPEN_ONE_IN)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()

"""Read and set a council's number ranges, and allocate each number once under concurrency."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, text

from address.number_ranges import tables
from chassis.database import ReadSession, Session

_TABLES = {"uprn": "blpu", "usrn": "street"}
_IN_USE = " + ".join(
    f"""CASE WHEN r.kind = '{kind}' THEN (SELECT count(*) FROM {table} u WHERE u.council = r.council
        AND u.{kind} > r.given AND u.{kind} <= r.last) ELSE 0 END"""
    for kind, table in _TABLES.items()
)
_LIST = text(f"""SELECT r.kind, r.first, r.last, r.version, r.last - r.given - ({_IN_USE}) AS free
    FROM number_range r WHERE r.council = :council ORDER BY r.kind, r.first""")
# One lock for all councils: ranges are set one at a time, so that no two councils hold the same number.
_LOCK = text("SELECT pg_advisory_xact_lock(7430003)")
_FIND_OVERLAP = text("""SELECT r.first, r.last FROM number_range r
    JOIN unnest(CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) AS t (first, last)
        ON r.first <= t.last AND r.last >= t.first
    WHERE r.council <> :council AND r.kind = :kind LIMIT 1""")
_LIST_ALLOCATED = text(
    "SELECT kind, first, last, given FROM number_range WHERE council = :council FOR UPDATE"
)
_DELETE = text("DELETE FROM number_range WHERE council = :council")
_INSERT = insert(tables.number_range)

_OPEN = text("""SELECT first, last, given FROM number_range
    WHERE council = :council AND kind = :kind AND given < last ORDER BY first FOR UPDATE""")
# Among as many numbers as are wanted and taken together, enough are free: no more are looked at.
_FREE = {
    kind: text(f"""
        WITH taken AS MATERIALIZED (SELECT count(*) AS n FROM {table} u
            WHERE u.council = :council AND u.{kind} > :given AND u.{kind} <= :last)
        SELECT n FROM (SELECT generate_series(CAST(:given AS bigint) + 1,
            least(CAST(:last AS bigint), :given + :wanted + (SELECT n FROM taken))) AS n) s
        WHERE NOT EXISTS (SELECT FROM {table} u WHERE u.council = :council AND u.{kind} = s.n)
        ORDER BY n LIMIT :wanted""")
    for kind, table in _TABLES.items()
}
_SET_ALLOCATED = text("""UPDATE number_range SET given = :given, updated_at = now()
    WHERE council = :council AND kind = :kind AND first = :first""")


async def list_by_council(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List a council's ranges: ``kind``, ``first``, ``last``, numbers ``free``, ``version`` of them all."""
    return await session.all(_LIST, {"council": council})


async def lock_ranges(session: Session) -> None:
    """Lock the ranges of all councils until the transaction ends."""
    await session.execute(_LOCK)


async def find_overlap(
    session: Session, council: str, kind: str, ranges: Sequence[tuple[int, int]]
) -> Row[Any] | None:
    """Find a range of another council that shares a number with one of these."""
    firsts, lasts = [first for first, _ in ranges], [last for _, last in ranges]
    params = {"council": council, "kind": kind, "firsts": firsts, "lasts": lasts}
    return await session.first(_FIND_OVERLAP, params)


async def list_allocated(session: Session, council: str) -> dict[tuple[str, int, int], int]:
    """List the last number allocated from each range (kind, first, last)."""
    rows = await session.all(_LIST_ALLOCATED, {"council": council})
    return {(row.kind, row.first, row.last): row.given for row in rows}


async def replace(session: Session, council: str, rows: Sequence[dict[str, Any]]) -> None:
    """Replace the council's ranges."""
    await session.execute(_DELETE, {"council": council})
    if rows:
        await session.execute(_INSERT, [{"council": council, **row} for row in rows])


async def allocate(session: Session, council: str, kind: str, count: int) -> list[int]:
    """Allocate numbers that are not and were not in use; fewer when the ranges hold no more.

    The next allocation waits until this transaction ends. Numbers in the gazetteer are skipped.
    """
    numbers: list[int] = []
    for span in await session.all(_OPEN, {"council": council, "kind": kind}):
        params = {"council": council, "given": span.given, "last": span.last, "wanted": count - len(numbers)}
        free = [row.n for row in await session.all(_FREE[kind], params)]
        last = free[-1] if free else span.last
        await session.execute(
            _SET_ALLOCATED, {"council": council, "kind": kind, "first": span.first, "given": last}
        )
        numbers += free
        if len(numbers) == count:
            break
    return numbers

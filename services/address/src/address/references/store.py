"""Read and write references to properties in other registers, their schemes and their history.

An ended reference stays as a row until it is set again; the earlier days are then in its history.
``:schemes`` are those the caller may see, null for all.
"""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text

from address.read_model.store import address_json
from address.references.rules import Scheme
from chassis.database import ReadSession, Session

_SCHEMES = text("SELECT scheme, name, private, many FROM reference_scheme WHERE council = :council")
_LOCK_SCHEMES = text("SELECT pg_advisory_xact_lock(7430008, hashtext(:council))")
_PUT_SCHEME = text("""INSERT INTO reference_scheme AS r (council, scheme, name, private, many, version)
    VALUES (:council, :scheme, :name, :private, :many, 1)
    ON CONFLICT (council, scheme) DO UPDATE SET name = EXCLUDED.name, private = EXCLUDED.private,
        many = EXCLUDED.many, version = r.version + 1, updated_at = now()""")
_FIND_WITH_SEVERAL = text("""SELECT uprn FROM cross_reference WHERE council = :council AND scheme = :scheme
        AND (end_date IS NULL OR end_date > CAST(:today AS date))
    GROUP BY uprn HAVING count(*) > 1 ORDER BY uprn LIMIT 1""")
_IS_USED = text("SELECT EXISTS (SELECT FROM cross_reference WHERE council = :council AND scheme = :scheme)")

_GET_STATUS = text("SELECT logical_status FROM blpu WHERE council = :council AND uprn = :uprn")
_FROM = "coalesce(start_date, entry_date)"
_COLUMNS = f"uprn, scheme, reference, {_FROM} AS start_date, end_date"
_HOLDS_ON = "{start} <= CAST(:day AS date) AND (end_date IS NULL OR end_date > CAST(:day AS date))"
_READABLE = "(CAST(:schemes AS text[]) IS NULL OR scheme = ANY(CAST(:schemes AS text[])))"
# The same reference may have held twice: the first time is in the history alone.
_VALID_ON = f"""(SELECT council, {_COLUMNS} FROM cross_reference WHERE council = :council AND {{which}}
        AND {_HOLDS_ON.format(start=_FROM)}
    UNION SELECT council, uprn, scheme, reference, start_date, end_date FROM reference_history
    WHERE council = :council AND {{which}} AND kind = 'ended' AND {_HOLDS_ON.format(start="start_date")})"""
_LIST_BY_PROPERTY = text(f"""
    SELECT DISTINCT ON (scheme, reference) uprn, scheme, reference, start_date, end_date
    FROM {_VALID_ON.format(which="uprn = :uprn")} r
    WHERE {_READABLE} AND (scheme, reference) > (:after_scheme, :after_reference)
    ORDER BY scheme, reference, start_date DESC LIMIT :most""")
_NAMED = "scheme = :scheme AND (CAST(:reference AS text) IS NULL OR reference = :reference)"
_LIST_BY_SCHEME = text(f"""
    SELECT r.*, (SELECT {address_json.DISPLAY_LINE} FROM place p
        WHERE p.council = :council AND p.uprn = r.uprn
        ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1) AS address
    FROM (SELECT DISTINCT ON (reference, uprn) uprn, scheme, reference, start_date, end_date
        FROM {_VALID_ON.format(which=_NAMED)} r
        WHERE (reference, uprn) > (:after_reference, CAST(:after_uprn AS bigint))
        ORDER BY reference, uprn, start_date DESC LIMIT :most) r
    ORDER BY reference, uprn""")
_LIST_HISTORY = text("""SELECT reference, version, at, actor, kind, start_date, end_date
    FROM reference_history
    WHERE council = :council AND uprn = :uprn AND scheme = :scheme
        AND (reference, version) > (:after_reference, CAST(:after_version AS integer))
    ORDER BY reference, version LIMIT :most""")

_LIST_KNOWN = text(f"""SELECT {_COLUMNS} FROM cross_reference
    WHERE council = :council AND uprn = :uprn AND scheme = :scheme ORDER BY reference""")
_SET = text("""
    INSERT INTO cross_reference AS r (council, uprn, scheme, reference, version, start_date, end_date,
        entry_date, last_update)
    VALUES (:council, :uprn, :scheme, :reference, 1, CAST(:start AS date), CAST(:end AS date),
        CAST(:today AS date), CAST(:today AS date))
    ON CONFLICT (council, uprn, scheme, reference) DO UPDATE SET version = r.version + 1,
        start_date = EXCLUDED.start_date, end_date = EXCLUDED.end_date, last_update = EXCLUDED.last_update""")
_INSERT_HISTORY = text("""
    INSERT INTO reference_history (council, uprn, scheme, reference, version, actor, kind, start_date,
        end_date)
    SELECT :council, :uprn, :scheme, :reference, coalesce(max(version), 0) + 1, :actor, :kind,
        CAST(:start AS date), CAST(:end AS date)
    FROM reference_history
    WHERE council = :council AND uprn = :uprn AND scheme = :scheme AND reference = :reference""")


async def list_schemes(session: ReadSession, council: str) -> dict[str, Scheme]:
    """List the schemes that the council has defined, by slug."""
    rows = await session.all(_SCHEMES, {"council": council})
    return {row.scheme: Scheme(row.name, row.private, row.many) for row in rows}


async def put_scheme(session: Session, council: str, slug: str, scheme: Scheme) -> None:
    columns = {"name": scheme.name, "private": scheme.private, "many": scheme.many}
    await session.execute(_PUT_SCHEME, {"council": council, "scheme": slug, **columns})


async def lock_schemes(session: Session, council: str) -> None:
    """Lock the council's schemes until the transaction ends."""
    await session.execute(_LOCK_SCHEMES, {"council": council})


async def find_with_several(session: Session, council: str, scheme: str, today: date) -> int | None:
    """Find a property with more than one current reference in the scheme."""
    params = {"council": council, "scheme": scheme, "today": today}
    value: int | None = await session.scalar(_FIND_WITH_SEVERAL, params)
    return value


async def is_used(session: Session, council: str, scheme: str) -> bool:
    """Return whether a property has or had a reference in the scheme."""
    return bool(await session.scalar(_IS_USED, {"council": council, "scheme": scheme}))


async def get_status(session: ReadSession, council: str, uprn: int) -> int | None:
    """Return the property's logical status, or None when there is no such property."""
    value: int | None = await session.scalar(_GET_STATUS, {"council": council, "uprn": uprn})
    return value


async def list_by_property(session: ReadSession, params: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List by scheme and reference. Parameters: council, uprn, day, schemes, after_scheme, after_reference,
    most."""
    return await session.all(_LIST_BY_PROPERTY, params)


async def list_by_scheme(session: ReadSession, params: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List by reference and UPRN. Parameters: council, scheme, reference or null, day, after_reference,
    after_uprn, most."""
    return await session.all(_LIST_BY_SCHEME, params)


async def list_history(session: ReadSession, params: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """List who changed what. Parameters: council, uprn, scheme, after_reference, after_version, most."""
    return await session.all(_LIST_HISTORY, params)


async def list_known(session: Session, council: str, uprn: int, scheme: str) -> Sequence[Row[Any]]:
    """List every reference the property has or had in the scheme."""
    return await session.all(_LIST_KNOWN, {"council": council, "uprn": uprn, "scheme": scheme})


async def set_reference(session: Session, change: Mapping[str, Any]) -> None:
    """Set a reference's days and record it in history. Parameters: council, uprn, scheme, reference, kind,
    start, end, actor, today."""
    await session.execute(_SET, change)
    await session.execute(_INSERT_HISTORY, change)

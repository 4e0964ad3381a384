"""Read and write streets and their names in each language."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, delete, text, update
from sqlalchemy.dialects.postgresql import insert as insert_new

from address.streets import tables
from chassis.database import ReadSession, Session

# The suffix of a field of the street's name in each language, as its history has it.
LANGUAGES = {"": "ENG", "_cym": "CYM", "_gae": "GAE"}
_NAME_COLUMNS = ", ".join(
    f"d{suffix}.description AS description{suffix}, d{suffix}.locality AS locality{suffix},"
    f" d{suffix}.town AS town{suffix}"
    for suffix in LANGUAGES
)
_NAME_JOINS = " ".join(
    f"LEFT JOIN street_descriptor d{suffix} ON d{suffix}.council = s.council AND d{suffix}.usrn = s.usrn"
    f" AND d{suffix}.language = '{language}'"
    for suffix, language in LANGUAGES.items()
)
# With the changes that came after the day asked for, the latest first: without them it is as it was then.
_STREET = f"""SELECT s.usrn, s.version, s.record_type, s.state, s.classification, s.start_date, s.end_date,
        coalesce(s.start_date, s.entry_date) AS since, {_NAME_COLUMNS}, h.later
    FROM street s {_NAME_JOINS}
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(h.changes ORDER BY h.version DESC) AS later FROM street_history h
        WHERE h.council = s.council AND h.usrn = s.usrn AND h.kind <> 'created'
            AND (h.at AT TIME ZONE 'UTC')::date > CAST(:day AS date)) h ON true
    WHERE s.council = :council"""
_GET = text(f"{_STREET} AND s.usrn = :usrn")
_LIST = text(f"""{_STREET} AND s.usrn > :after
        AND (CAST(:day AS date) IS NULL OR coalesce(s.start_date, s.entry_date) <= CAST(:day AS date))
        AND (CAST(:pattern AS text) IS NULL OR EXISTS (SELECT FROM street_descriptor d
            WHERE d.council = s.council AND d.usrn = s.usrn AND d.description ILIKE :pattern))
    ORDER BY s.usrn LIMIT :limit""")
_LOCK = text("SELECT version, state FROM street WHERE council = :council AND usrn = :usrn FOR UPDATE")
_FIND_NAMESAKE = text("""SELECT d.usrn FROM street_descriptor d JOIN street s USING (council, usrn)
    WHERE d.council = :council AND d.usrn <> :usrn AND d.language = :language AND s.state IS DISTINCT FROM 4
        AND upper(d.description) = upper(:description)
        AND upper(coalesce(d.locality, '')) = upper(coalesce(CAST(:locality AS text), ''))
        AND upper(coalesce(d.town, '')) = upper(coalesce(CAST(:town AS text), '')) ORDER BY d.usrn LIMIT 1""")
_COUNT_PROPERTIES = text("""SELECT count(DISTINCT uprn) FROM place
    WHERE council = :council AND usrn = :usrn AND logical_status IN (1, 6) AND lpi_status <> 8""")
# Whose address changes with the street's name: all that stands on it, and is called by that name.
_LOCK_PROPERTIES_NAMED = text("""SELECT uprn FROM blpu WHERE council = :council AND uprn IN (
        SELECT p.uprn FROM place p WHERE p.council = :council AND p.usrn = :usrn AND p.language = :language
            AND p.logical_status IN (1, 6) AND p.lpi_status <> 8)
    ORDER BY uprn FOR UPDATE""")
_INSERT = insert_new(tables.street).on_conflict_do_nothing()
_UPDATE = (
    update(tables.street)
    .where(tables.street.c.council == bindparam("of_council"), tables.street.c.usrn == bindparam("of_usrn"))
    .values(version=tables.street.c.version + 1)
)
_SET_NAME = insert_new(tables.street_descriptor)
_SET_NAME = _SET_NAME.on_conflict_do_update(
    index_elements=["council", "usrn", "language"],
    set_={name: _SET_NAME.excluded[name] for name in ("description", "locality", "town", "last_update")},
)
_DELETE_NAME = delete(tables.street_descriptor).where(
    tables.street_descriptor.c.council == bindparam("of_council"),
    tables.street_descriptor.c.usrn == bindparam("of_usrn"),
    tables.street_descriptor.c.language == bindparam("of_language"),
)


async def get_street(
    session: ReadSession, council: str, usrn: int, day: date | None = None
) -> Row[Any] | None:
    """Read a street, with its changes after ``day`` in ``later``, the latest first."""
    return await session.first(_GET, {"council": council, "usrn": usrn, "day": day})


async def list_streets(
    session: ReadSession, council: str, pattern: str | None, day: date | None, after: int, limit: int
) -> Sequence[Row[Any]]:
    """List streets by USRN, each as ``get_street``. ``pattern``: LIKE, for a current name."""
    params = {"council": council, "pattern": pattern, "day": day, "after": after, "limit": limit}
    return await session.all(_LIST, params)


async def lock(session: Session, council: str, usrn: int) -> Row[Any] | None:
    """Lock the street against changes and new properties. Return its ``version`` and ``state``."""
    return await session.first(_LOCK, {"council": council, "usrn": usrn})


async def find_namesake(
    session: Session, council: str, usrn: int, language: str, name: Mapping[str, Any]
) -> int | None:
    """Find another open street with this name in this locality and town."""
    namesake: int | None = await session.scalar(
        _FIND_NAMESAKE, {"council": council, "usrn": usrn, "language": language, **name}
    )
    return namesake


async def count_properties(session: Session, council: str, usrn: int) -> int:
    """Count the live properties on the street."""
    return int(await session.scalar(_COUNT_PROPERTIES, {"council": council, "usrn": usrn}))


async def lock_properties_named(session: Session, council: str, usrn: int, language: str) -> list[int]:
    """Lock and list the properties whose address has the street's name in this language."""
    rows = await session.all(_LOCK_PROPERTIES_NAMED, {"council": council, "usrn": usrn, "language": language})
    return [row.uprn for row in rows]


async def insert_street(session: Session, street: Mapping[str, Any]) -> bool:
    """Insert a new street. Return False when its USRN is or was in use."""
    return await session.execute(_INSERT, street) > 0


async def update_street(session: Session, council: str, usrn: int, columns: Mapping[str, Any]) -> None:
    """Update columns of the street and increment its version."""
    await session.execute(_UPDATE, {"of_council": council, "of_usrn": usrn, **columns})


async def set_name(session: Session, descriptor: Mapping[str, Any]) -> None:
    """Insert or replace the street's name in a language."""
    await session.execute(_SET_NAME, descriptor)


async def delete_name(session: Session, council: str, usrn: int, language: str) -> None:
    """Delete the street's name in a language."""
    await session.execute(_DELETE_NAME, {"of_council": council, "of_usrn": usrn, "of_language": language})


def like_pattern(part: str) -> str:
    """Return the LIKE pattern for names that contain the text."""
    return "%" + part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

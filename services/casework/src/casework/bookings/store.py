"""Statements of pools, of the places taken in their slots, and of who took them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Text, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.dialects.postgresql import UUID as SQL_UUID

from casework.bookings.tables import slot_booking, slot_pool
from chassis.database import ReadSession, Session

_POOL = slot_pool.c
_GET = select(slot_pool).where(_POOL.council == bindparam("council"), _POOL.id == bindparam("id"))
_SHARE = _GET.with_for_update(read=True)
_LOCK = _GET.with_for_update()
_PAGE = (
    select(slot_pool)
    .where(_POOL.council == bindparam("council"), _POOL.id > bindparam("after"))
    .order_by(_POOL.id)
    .limit(bindparam("most"))
)
_NAMED = (
    select(slot_pool)
    .where(
        _POOL.council == bindparam("council"),
        _POOL.pool == bindparam("pool"),
        (bindparam("area", type_=Text) == "") | _POOL.area.in_(["", bindparam("area", type_=Text)]),
    )
    .order_by(_POOL.area)
    .limit(bindparam("most"))
)
_INSERT_POOL = insert(slot_pool).on_conflict_do_nothing()
_INSERT_BOOKING = insert(slot_booking).on_conflict_do_nothing()
_COUNT = text("SELECT count(*) FROM slot_pool WHERE council = :council")
_TAKEN = text("""SELECT w.pool_id, w.starts_at, w.taken - (
        SELECT count(*) FROM slot_booking b WHERE b.council = w.council AND b.pool_id = w.pool_id
        AND b.mode = w.mode AND b.starts_at = w.starts_at AND b.expires_at <= :now) AS taken
    FROM slot_window w WHERE w.council = :council AND w.pool_id = ANY (:pools) AND w.mode = :mode
    AND w.starts_at >= :first AND w.starts_at < :last""").bindparams(
    bindparam("pools", type_=ARRAY(SQL_UUID(as_uuid=True)))
)
# The one statement that takes a place: of those who come at once it lets in as many as there is room for.
_TAKE = text("""INSERT INTO slot_window AS w (council, pool_id, mode, starts_at, taken)
    VALUES (:council, :pool_id, :mode, :starts_at, 1)
    ON CONFLICT (council, pool_id, mode, starts_at) DO UPDATE SET taken = w.taken + 1
    WHERE w.taken < :capacity RETURNING taken""")
_LOCK_WINDOWS = text("""SELECT 1 FROM slot_window WHERE council = :council AND mode = :mode
    AND (pool_id, starts_at) IN ((:pool_id, :starts_at), (:other_pool, :other_starts_at))
    ORDER BY pool_id, starts_at FOR UPDATE""")
# Whoever is acting on a case has locked its booking: such a hold is theirs, and nobody frees it meanwhile.
_FREE_EXPIRED = text("""DELETE FROM slot_booking WHERE (council, id) IN (
    SELECT council, id FROM slot_booking WHERE council = :council AND pool_id = :pool_id AND mode = :mode
    AND starts_at = :starts_at AND expires_at <= :now ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)
    RETURNING council, pool_id, mode, starts_at""")
_PURGE = text("""DELETE FROM slot_booking WHERE (council, id) IN (
    SELECT council, id FROM slot_booking WHERE expires_at <= :now
    ORDER BY expires_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING council, pool_id, mode, starts_at""")
_RELEASE = text("""DELETE FROM slot_booking WHERE council = :council AND id = :id
    RETURNING council, pool_id, mode, starts_at""")
_FREE = text("""UPDATE slot_window SET taken = taken - :places WHERE council = :council
    AND pool_id = :pool_id AND mode = :mode AND starts_at = :starts_at""")
_BOOKING = "SELECT id, pool_id, starts_at, slot, expires_at FROM slot_booking WHERE council = :council"
_OF_CASE = text(f"{_BOOKING} AND case_id = :case_id ORDER BY id FOR UPDATE")
_OF_SUBMISSION = text("""SELECT b.id, b.pool_id, b.starts_at, p.pool, p.area
    FROM slot_booking b JOIN slot_pool p ON p.council = b.council AND p.id = b.pool_id
    WHERE b.council = :council AND b.mode = :mode AND b.submission = :submission AND b.case_id IS NULL
    ORDER BY b.id FOR UPDATE OF b""")
_JOIN = text("""UPDATE slot_booking SET case_id = :case_id, slot = :slot, submission = NULL,
    expires_at = :expires_at WHERE council = :council AND id = :id""")
_RENEW = text("UPDATE slot_booking SET expires_at = :expires_at WHERE council = :council AND id = :id")
_CONFIRM = text("""UPDATE slot_booking SET expires_at = NULL
    WHERE council = :council AND case_id = :case_id AND slot = :slot""")


class Place(NamedTuple):
    """A slot of a pool, of one mode."""

    council: str
    pool_id: UUID
    mode: str
    starts_at: datetime


async def insert_pool(session: Session, row: Mapping[str, Any]) -> bool:
    """Write a new pool; False if another of its name and area was added at the same moment."""
    return await session.execute(_INSERT_POOL, row) > 0


async def update_pool(session: Session, council: str, pool: UUID, values: Mapping[str, Any]) -> None:
    """Change a locked pool."""
    statement = update(slot_pool).where(_POOL.council == council, _POOL.id == pool)
    await session.execute(statement.values(**values, version=_POOL.version + 1))


async def get_pool(session: ReadSession, council: str, pool: UUID) -> Row[Any] | None:
    """Get a pool."""
    return await session.first(_GET, {"council": council, "id": pool})


async def share_pool(session: Session, council: str, pool: UUID) -> Row[Any] | None:
    """Get a pool and keep it as it is until the transaction ends: others may, too."""
    return await session.first(_SHARE, {"council": council, "id": pool})


async def lock_pool(session: Session, council: str, pool: UUID) -> Row[Any] | None:
    """Get a pool, locked."""
    return await session.first(_LOCK, {"council": council, "id": pool})


async def count_pools(session: ReadSession, council: str) -> int:
    """Count the pools of a council."""
    return int(await session.scalar(_COUNT, {"council": council}))


async def list_pools(session: ReadSession, council: str, after: UUID, fetch: int) -> Sequence[Row[Any]]:
    """List pools in the order in which they were added."""
    return await session.all(_PAGE, {"council": council, "after": after, "most": fetch})


async def list_named(
    session: ReadSession, council: str, pool: str, area: str, most: int
) -> Sequence[Row[Any]]:
    """List the pools of a name: of an area and of every area, or all of them."""
    return await session.all(_NAMED, {"council": council, "pool": pool, "area": area, "most": most})


async def list_taken(
    session: ReadSession,
    council: str,
    mode: str,
    pools: Sequence[UUID],
    span: tuple[datetime, datetime],
    now: datetime,
) -> Mapping[tuple[UUID, datetime], int]:
    """List how many places are taken in slots of a span; holds that ran out are not."""
    values = {
        "council": council,
        "mode": mode,
        "pools": list(pools),
        "first": span[0],
        "last": span[1],
        "now": now,
    }
    return {(row.pool_id, row.starts_at): row.taken for row in await session.all(_TAKEN, values)}


async def take(session: Session, place: Place, capacity: int, now: datetime) -> bool:
    """Take a place if there is one."""
    await _free(session, await session.all(_FREE_EXPIRED, {**place._asdict(), "now": now}))
    return await session.first(_TAKE, {**place._asdict(), "capacity": capacity}) is not None


async def lock_places(session: Session, place: Place, other: Place) -> None:
    """Lock two slots in an order that all keep, so that those who exchange them do not wait for ever."""
    values = {**place._asdict(), "other_pool": other.pool_id, "other_starts_at": other.starts_at}
    await session.all(_LOCK_WINDOWS, values)


async def insert_booking(session: Session, row: Mapping[str, Any]) -> bool:
    """Write who took a place; False if they have taken another one at the same moment."""
    return await session.execute(_INSERT_BOOKING, row) > 0


async def release(session: Session, council: str, booking: UUID) -> None:
    """Delete a booking and free its place."""
    await _free(session, await session.all(_RELEASE, {"council": council, "id": booking}))


async def lock_of_case(session: Session, council: str, case_id: UUID) -> Sequence[Row[Any]]:
    """List and lock the bookings of a case."""
    return await session.all(_OF_CASE, {"council": council, "case_id": case_id})


async def lock_of_submission(
    session: Session, council: str, mode: str, submission: str
) -> Sequence[Row[Any]]:
    """List and lock what a submission holds; one that another case has taken meanwhile is not there."""
    return await session.all(_OF_SUBMISSION, {"council": council, "mode": mode, "submission": submission})


async def join_case(session: Session, council: str, booking: UUID, values: Mapping[str, Any]) -> None:
    """Give a case what its submission holds."""
    await session.execute(_JOIN, {"council": council, "id": booking, **values})


async def renew(session: Session, council: str, booking: UUID, expires_at: datetime) -> None:
    """Let a hold run anew."""
    await session.execute(_RENEW, {"council": council, "id": booking, "expires_at": expires_at})


async def confirm(session: Session, council: str, case_id: UUID, slot: str) -> bool:
    """Confirm what a case holds; False if it holds nothing."""
    return await session.execute(_CONFIRM, {"council": council, "case_id": case_id, "slot": slot}) > 0


async def purge(session: Session, now: datetime, most: int) -> int:
    """Delete a batch of holds that ran out, and free their places."""
    rows = await session.all(_PURGE, {"now": now, "most": most})
    await _free(session, rows)
    return len(rows)


async def _free(session: Session, rows: Sequence[Row[Any]]) -> None:
    """Free the places of bookings that were deleted, in the order in which all lock slots."""
    places = Counter(Place(row.council, row.pool_id, row.mode, row.starts_at) for row in rows)
    for place in sorted(places, key=lambda place: (place.pool_id, place.starts_at)):
        await session.execute(_FREE, {**place._asdict(), "places": places[place]})

"""Add, change and list pools of slots; and read them as rules do."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.bookings import rules, store
from casework.bookings.schemas import NewPool, PoolView
from casework.calendar.actions.calendars import load_calendars
from casework.calendar.actions.records import audit_change, check_live, stamp
from casework.calendar.rules.nations import find_division
from casework.shared.days import DAY
from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, not_found

_MOST_POOLS = 500
_KIND = "casework.slot_pool"
_NIL = UUID(int=0)


async def add_pool(session: Session, council: str, caller: Caller, body: NewPool) -> PoolView:
    """Add a pool. Raises Problem 403, 409."""
    check_live(caller)
    if await store.count_pools(session, council) >= _MOST_POOLS:
        raise conflict("too-many-records", f"A council may have {_MOST_POOLS} pools of slots.")
    await _check_name(session, council, body, None)
    pool, values = ids.new(), body.model_dump(mode="json")
    row = {**values, "council": council, "id": pool, "version": 1, **stamp(caller)}
    if not await store.insert_pool(session, row):
        raise _same_name(body)
    await audit_change(session, council, caller, "added", _KIND, ids.show(pool), {}, values)
    return await get_pool(session, council, pool)


async def change_pool(
    session: Session, council: str, pool: UUID, caller: Caller, precondition: Precondition, body: NewPool
) -> PoolView:
    """Change a pool; what is booked stays. Raises Problem 403, 404, 409, 412."""
    check_live(caller)
    row = await store.lock_pool(session, council, pool)
    if row is None:
        raise not_found("pool with this id")
    precondition.check(row.version, "pool")
    await _check_name(session, council, body, pool)
    values = body.model_dump(mode="json")
    await store.update_pool(session, council, pool, {**values, **stamp(caller)})
    before = row._asdict()
    await audit_change(session, council, caller, "changed", _KIND, ids.show(pool), before, values)
    return await get_pool(session, council, pool)


async def _check_name(session: ReadSession, council: str, body: NewPool, pool: UUID | None) -> None:
    rows = await store.list_named(session, council, body.pool, body.area, _MOST_POOLS)
    if any(row.area == body.area and row.id != pool for row in rows):
        raise _same_name(body)


def _same_name(body: NewPool) -> Exception:
    return conflict("pool-exists", f"There is a pool {body.pool} of this area. Change that one.")


async def get_pool(session: ReadSession, council: str, pool: UUID) -> PoolView:
    """Get a pool. Raises Problem 404."""
    row = await store.get_pool(session, council, pool)
    if row is None:
        raise not_found("pool with this id")
    return to_model(row)


async def list_pools(
    session: ReadSession, council: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List pools in the order in which they were added."""
    return await store.list_pools(session, council, after or _NIL, fetch)


def to_model(row: Row[Any]) -> PoolView:
    """Convert a row to the API's model."""
    return PoolView.model_validate(row, from_attributes=True)


async def read_pools(session: ReadSession, council: str, rows: Sequence[Row[Any]]) -> list[rules.Pool]:
    """Read pools as rules do, with the days on which the council is closed."""
    closed: frozenset[date] = frozenset()
    if not all(row.open_on_holidays for row in rows):
        closed = await _list_closed(session, council)
    return [_read(row, frozenset() if row.open_on_holidays else closed) for row in rows]


async def _list_closed(session: ReadSession, council: str) -> frozenset[date]:
    calendars = await load_calendars(session, council, closures=True)
    division = find_division(calendars.nation)
    days = {holiday.day for holiday in calendars.bank.holidays if holiday.division is division}
    for span in (closure.span for closure in calendars.closures):
        days |= {span.first + n * DAY for n in range((span.last - span.first).days + 1)}
    return frozenset(days)


def _read(row: Row[Any], closed: frozenset[date]) -> rules.Pool:
    return rules.Pool(
        id=ids.show(row.id),
        week={day: _read_openings(openings) for day, openings in row.week.items()},
        exceptions={date.fromisoformat(day): _read_openings(each) for day, each in row.exceptions.items()},
        closed=closed,
        notice_hours=row.notice_hours,
        days_ahead=row.days_ahead,
    )


def _read_openings(values: Sequence[Any]) -> tuple[rules.Opening, ...]:
    ordered = sorted(values, key=lambda value: str(value["starts"]))
    return tuple(
        rules.Opening(time.fromisoformat(each["starts"]), time.fromisoformat(each["ends"]), each["capacity"])
        for each in ordered
    )

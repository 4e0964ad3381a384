"""List free slots, hold them for forms, and do with a case's slots what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.bookings import rules, store
from casework.bookings.actions.pools import read_pools
from casework.bookings.schemas import Hold, NewHold, SlotList, SlotView
from casework.bookings.store import Place
from casework.model.rules.acts import SlotChange
from casework.shared.days import DAY, find_end_of_day, find_local_day
from casework.shared.slots import make_slot_id, read_slot_id
from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import Every, Purge
from chassis.problems import Problem

_MOST_POOLS, _MOST_SLOTS = 50, 500


class SlotRefusedError(Exception):
    """A slot cannot be had. ``slot`` is the case type's name of it; ``is_full``: all places are taken."""

    def __init__(self, slot: str = "", *, is_full: bool = False) -> None:
        super().__init__(slot)
        self.slot, self.is_full = slot, is_full


@dataclass(frozen=True, slots=True)
class Holder:
    """The case that holds slots, and the submission it is opened with."""

    council: str
    mode: str
    case_id: UUID
    submission: str | None = None


async def list_free(
    session: ReadSession, council: str, mode: str, pool: str, area: str, first: date | None, days: int
) -> SlotList:
    """List the slots of a pool that have free places, in a constant number of statements."""
    now = clock.now()
    start = first or find_local_day(now)
    last = start + (days - 1) * DAY
    rows = await store.list_named(session, council, pool, area, _MOST_POOLS)
    pools = await read_pools(session, council, rows)
    span = find_end_of_day(start - DAY), find_end_of_day(last)
    counts = await store.list_taken(session, council, mode, [row.id for row in rows], span, now)
    items = []
    for row, each in zip(rows, pools, strict=True):
        for slot in rules.list_bookable(each, start, last, now):
            free = slot.capacity - counts.get((row.id, slot.starts_at), 0)
            if free > 0:
                items.append(_show(row, slot, free))
    items.sort(key=lambda item: (item.starts_at, item.area, item.slot))
    return SlotList(items=items[:_MOST_SLOTS], more=len(items) > _MOST_SLOTS)


def _show(row: Row[Any], slot: rules.Slot, free: int) -> SlotView:
    return SlotView(
        slot=make_slot_id(ids.show(row.id), slot.starts_at),
        area=row.area,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        capacity=slot.capacity,
        free=free,
    )


async def hold(session: Session, council: str, caller: Caller, body: NewHold) -> Hold:
    """Hold a slot for a form, instead of the one it holds in this pool. Raises Problem 404, 409."""
    now = clock.now()
    try:
        row, slot = await _find(session, council, body.slot, now)
        place = Place(council, row.id, caller.mode, slot.starts_at)
        expires_at = now + timedelta(minutes=row.hold_minutes)
        holds = await store.lock_of_submission(session, council, caller.mode, body.submission)
        before = next((each for each in holds if each.pool_id == row.id), None)
        if before is not None and before.starts_at == slot.starts_at:
            await store.renew(session, council, before.id, expires_at)
        else:
            owner = {"submission": body.submission, "expires_at": expires_at}
            await _take(session, place, slot.capacity, before, owner, now)
    except SlotRefusedError as refused:
        raise _refuse(refused) from None
    return Hold(
        slot=body.slot, pool=row.pool, starts_at=slot.starts_at, ends_at=slot.ends_at, expires_at=expires_at
    )


def _refuse(refused: SlotRefusedError) -> Problem:
    if refused.is_full:
        return Problem(409, "slot-full", "Somebody else has taken the last place. Choose another slot.")
    return Problem(404, "unknown-slot", "There is no such slot to book. List them again.")


async def _find(session: Session, council: str, chosen: str, now: datetime) -> tuple[Row[Any], rules.Slot]:
    """Find a slot that may be booked; its pool stays as it is meanwhile. Raises SlotRefusedError."""
    place = read_slot_id(chosen)
    row = None if place is None else await store.share_pool(session, council, _read_pool_id(place[0]))
    if row is None or place is None:
        raise SlotRefusedError
    [pool] = await read_pools(session, council, [row])
    slot = rules.find_bookable(pool, place[1], now)
    if slot is None:
        raise SlotRefusedError
    return row, slot


def _read_pool_id(text: str) -> UUID:
    try:
        return ids.read(text)
    except ValueError:
        raise SlotRefusedError from None


async def _take(
    session: Session,
    place: Place,
    capacity: int,
    before: Row[Any] | None,
    owner: Mapping[str, Any],
    now: datetime,
) -> None:
    """Take a place, and leave the one before. Raises SlotRefusedError."""
    if before is not None:
        left = place._replace(pool_id=before.pool_id, starts_at=before.starts_at)
        await store.lock_places(session, place, left)
    if not await store.take(session, place, capacity, now):
        raise SlotRefusedError(is_full=True)
    if before is not None:
        await store.release(session, place.council, before.id)
    row = {"case_id": None, "slot": None, "submission": None, **owner, "id": ids.new(), "created_at": now}
    if not await store.insert_booking(session, {**place._asdict(), **row}):
        raise SlotRefusedError(is_full=True)  # the same form held another at the same time


async def find_offered(session: Session, council: str, mode: str, submission: str) -> dict[str, str]:
    """Find what a submission holds: pool -> slot. It is locked."""
    rows = await store.lock_of_submission(session, council, mode, submission)
    return {row.pool: make_slot_id(ids.show(row.pool_id), row.starts_at) for row in rows}


async def list_of_case(session: Session, council: str, case_id: UUID) -> frozenset[str]:
    """List the slots that a case still has. They are locked: nobody takes them before the act is over."""
    return frozenset(row.slot for row in await store.lock_of_case(session, council, case_id))


async def apply(session: Session, holder: Holder, changes: Sequence[SlotChange], now: datetime) -> None:
    """Do with a case's slots what was decided. Raises SlotRefusedError, and then nothing may be kept."""
    for change in changes:
        try:
            await _apply(session, holder, change, now)
        except SlotRefusedError as refused:
            raise SlotRefusedError(change.slot, is_full=refused.is_full) from None


async def _apply(session: Session, holder: Holder, change: SlotChange, now: datetime) -> None:
    if change.change == "hold":
        await _hold(session, holder, change, now)
    elif change.change == "confirm":
        if not await store.confirm(session, holder.council, holder.case_id, change.slot):
            raise SlotRefusedError
    else:
        for row in await store.lock_of_case(session, holder.council, holder.case_id):
            if row.slot == change.slot:
                await store.release(session, holder.council, row.id)


async def _hold(session: Session, holder: Holder, change: SlotChange, now: datetime) -> None:
    council = holder.council
    owner = {"case_id": holder.case_id, "slot": change.slot, "expires_at": change.expires_at}
    bookings = await store.lock_of_case(session, council, holder.case_id)
    before = next((row for row in bookings if row.slot == change.slot), None)
    offered = None if before is not None else await _find_offered(session, holder, change)
    if offered is not None:
        await store.join_case(session, council, offered.id, owner)
        return
    row, slot = await _find(session, council, change.chosen, now)
    if row.pool != change.pool or (row.area and row.area != change.area):
        raise SlotRefusedError
    if before is not None and (before.pool_id, before.starts_at) == (row.id, slot.starts_at):
        await store.renew(session, council, before.id, change.expires_at or now)
        return
    place = Place(council, row.id, holder.mode, slot.starts_at)
    await _take(session, place, slot.capacity, before, owner, now)


async def _find_offered(session: Session, holder: Holder, change: SlotChange) -> Row[Any] | None:
    """Find the hold of the case's submission, if it is of the slot that was chosen."""
    if holder.submission is None:
        return None
    for row in await store.lock_of_submission(session, holder.council, holder.mode, holder.submission):
        is_chosen = make_slot_id(ids.show(row.pool_id), row.starts_at) == change.chosen
        if is_chosen and row.pool == change.pool and row.area in {"", change.area}:
            return row
    return None


async def _purge(session: Session, most: int) -> int:
    return await store.purge(session, clock.now(), most)


PURGES = (Purge("casework.purge_holds", Every(60), _purge),)

"""Close the days up to one: nothing is posted for them any more, and their figures go out as files."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.jobs import enqueue
from chassis.problems import conflict, not_found
from payments.cash_office.actions import bags
from payments.closes.actions import exports
from payments.closes.actions.writer import WriteExports
from payments.closes.rules.closes import INCOME_SIDE, Takings, balance, group_by_age
from payments.closes.rules.exports import JournalSum, write_journal
from payments.closes.schemas import DayClose, OpenItems, Progress, Summary
from payments.closes.store import closes as store
from payments.closes.store import takings
from payments.e_returns.actions import e_returns
from payments.finance_settings import actions as settings
from payments.ledger.actions import closed_days
from payments.reconciliation.actions import reviews
from payments.shared.days import today
from payments.shared.working_days import add_working_days

_MOST_DAYS = 400


async def close_day(session: Session, council: str, caller: Caller, day: date) -> DayClose:
    """Close a day of the caller's mode and all open days before it. Raises Problem 409.

    It waits for the postings of those days that are on their way; one that comes later is refused by the
    database and is made for today. Tills must be balanced and e-returns authorised. Files have their numbers
    and totals with it; jobs write what is in those of funds.
    """
    mode = caller.mode
    await closed_days.lock_imports(session, council, mode)
    first = await _find_first(session, council, mode, day)
    await reviews.review(session, council, mode)
    await closed_days.lock_days(session, council, mode, first, day)
    await _require_counted(session, council, mode, day)
    funds = await takings.sum_funds(session, council, mode, first, day)
    sums = await takings.sum_journal(session, council, mode, first, day)
    totals = await _balance(session, council, mode, first, day, funds)
    number, last_export = await store.find_numbers(session, council, mode)
    layout = (await settings.read(session, council)).journal
    journal = write_journal(layout, number + 1, day, [JournalSum(**row._asdict()) for row in sums])
    summary = await _summarise(session, council, mode, first, day, totals)
    common = {"council": council, "mode": mode, "day": day}
    row = {
        **common,
        "number": number + 1,
        "first_day": first,
        "summary": summary.model_dump(mode="json"),
        "closed_by": caller.record(),
        "closed_at": clock.now(),
    }
    files = exports.make_rows(common, number + 1, last_export, journal, funds)
    await store.insert_close(session, row, files)
    if waiting := [file["id"] for file in files if file["hash"] is None]:
        await enqueue(session, WriteExports(mode=mode, day=day, file=waiting[0]), council=council)
    return await get_close(session, council, mode, day)


async def _find_first(session: Session, council: str, mode: str, day: date) -> date:
    """Find the first day that is open. Raises Problem 409 for a day that cannot be closed."""
    if day >= today():
        raise conflict("day-not-over", "A day is closed when it is over: choose one before today.")
    last = await closed_days.find_last_day(session, council, mode)
    if last is not None and day <= last:
        raise conflict("day-closed", f"{last} and all days before it are closed already, and stay closed.")
    first_posted = await closed_days.find_first_posted(session, council, mode)
    first = date.fromordinal(last.toordinal() + 1) if last else min(first_posted or day, day)
    if (day - first).days >= _MOST_DAYS:
        raise conflict("too-many-days", f"Close {_MOST_DAYS} days at most at once: {first} is the first.")
    return first


async def _require_counted(session: Session, council: str, mode: str, day: date) -> None:
    """Require that tills are balanced and e-returns authorised; their postings are of these days.

    Raises Problem 409.
    """
    waiting = [
        *await bags.list_waiting(session, council, mode, day),
        *await e_returns.list_waiting(session, council, mode, day),
    ]
    if waiting:
        names = ", ".join(f"{row.kind} {ids.show(row.id)}" for row in waiting)
        detail = f"Tills must be counted and e-returns authorised before the day is closed: {names}."
        raise conflict("takings-open", detail)


async def _balance(
    session: Session, council: str, mode: str, first: date, day: date, funds: Sequence[Row[Any]]
) -> Takings:
    roles = await takings.sum_roles(session, council, mode, first, day)
    by_fund = {row.fund: row.total for row in funds}
    with_file = {row.fund for row in funds if row.kind in exports.WITH_FILE}
    money = sum(amount for role, amount in roles.items() if role not in INCOME_SIDE)
    suspense, surcharges = -roles.get("suspense", 0), -roles.get("surcharges", 0)
    return balance(by_fund, with_file, suspense, surcharges, money)


async def _summarise(
    session: Session, council: str, mode: str, first: date, day: date, totals: Takings
) -> Summary:
    days = (await settings.read(session, council)).days
    late = add_working_days(today(), -days.transit)
    open_items = [
        *await takings.count_open(session, council, mode),
        *await bags.count_open(session, council, mode, day, late),
        *await e_returns.count_open(session, council, mode, day),
    ]
    items = [(row.since, -row.amount) for row in await takings.list_suspense(session, council, mode, day)]
    return Summary(
        total=totals.total,
        fund_files=totals.fund_files,
        suspense=totals.suspense,
        direct_income=totals.direct_income,
        by_method=await takings.sum_methods(session, council, mode, first, day, INCOME_SIDE),
        open_items={
            row.kind: OpenItems(count=row.items, amount=row.amount) for row in open_items if row.items
        },
        suspense_by_age={name: OpenItems(**group) for name, group in group_by_age(items, day).items()},
    )


async def get_close(session: ReadSession, council: str, mode: str, day: date) -> DayClose:
    """Get the close of a day with its files. Raises Problem 404."""
    row = await store.get_close(session, council, mode, day)
    if row is None:
        raise not_found("close of this day")
    return to_model(row, await store.list_files(session, council, mode, day))


async def list_closes(
    session: ReadSession, council: str, mode: str, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List closes by their number."""
    return await store.list_closes(session, council, mode, after, fetch)


async def list_newest(
    session: ReadSession, council: str, mode: str, before: int, fetch: int
) -> Sequence[Row[Any]]:
    """List closes before a number, the newest first."""
    return await store.list_newest(session, council, mode, before, fetch)


def to_model(row: Row[Any], files: Sequence[Row[Any]] = ()) -> DayClose:
    """Convert a row, and its files, to the API's model."""
    return DayClose(
        number=row.number,
        day=row.day,
        first_day=row.first_day,
        closed_at=row.closed_at,
        summary=Summary.model_validate(row.summary),
        state="complete" if row.files == row.files_written else "writing",
        progress=Progress.model_validate(row, from_attributes=True),
        exports=[exports.to_model(file) for file in files],
    )

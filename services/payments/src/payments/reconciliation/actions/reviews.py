"""Review what stands open: match lines that could not be matched before, find what is late or missing."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from chassis.database import ReadSession, Session
from chassis.jobs import Daily, Job, JobData, JobHandlers, NewJob, Priority, Schedule, enqueue_all
from chassis.problems import not_found
from payments.cash_office.actions.bags import MatchBag
from payments.finance_settings import actions as settings
from payments.gateway_accounts.actions import accounts
from payments.ledger.actions import closed_days
from payments.ledger.rules import MODES
from payments.reconciliation.actions import bank_matches, matches
from payments.reconciliation.rules.matching import ExceptionKind
from payments.reconciliation.schemas.settlements import (
    ReconciliationException,
    Settlement,
    SettlementLine,
)
from payments.reconciliation.store import exceptions
from payments.reconciliation.store import settlements as store
from payments.shared.days import today
from payments.shared.working_days import add_working_days

handlers = JobHandlers()
_BEGINNING = UUID(int=0)
_MOST = 5_000  # exceptions of a kind that a review opens; the next review goes on
_LONDON = ZoneInfo("Europe/London")


class FindOpenItems(JobData):
    """Look for councils with something to review."""

    kind: ClassVar[str] = "payments.find_open_items"


class ReviewOpenItems(JobData):
    """Review what stands open for a council in a mode."""

    kind: ClassVar[str] = "payments.review_open_items"
    mode: str


schedules = (Schedule("reconciliation reviews", Daily("06:30"), lambda _: FindOpenItems()),)


@handlers.effect(FindOpenItems)
async def find_open_items(session: Session, _: Job[FindOpenItems]) -> None:
    """Enqueue a review for each council that takes payments."""
    councils = sorted({row.council for row in await accounts.list_accounts(session)})
    await enqueue_all(
        session,
        [
            NewJob(ReviewOpenItems(mode=mode), council, key=mode, priority=Priority.BULK)
            for council in councils
            for mode in MODES
        ],
    )


@handlers.effect(ReviewOpenItems, limit=50)
async def review_open_items(session: Session, job: Job[ReviewOpenItems]) -> None:
    """Review a council's open items of a mode."""
    await review(session, job.council, job.data.mode)


@handlers.effect(MatchBag)
async def match_bag(session: Session, job: Job[MatchBag]) -> None:
    """Match what has the amount of a new bag: the bank's line may have come before it was recorded."""
    await closed_days.lock_imports(session, job.council, job.data.mode)
    await bank_matches.match_amounts(session, job.council, job.data.mode, {abs(job.data.amount)})


async def review(session: Session, council: str, mode: str) -> None:
    """Match what can be matched by now, and open exceptions for what is late or missing."""
    await closed_days.lock_imports(session, council, mode)
    await matches.match_again(session, council, mode)
    days = (await settings.read(session, council)).days
    await _find_unsettled(session, council, mode, days.lost, ExceptionKind.NOT_CAPTURED)
    await _find_unsettled(session, council, mode, days.clearing, ExceptionKind.LATE)
    await exceptions.close_returned(session, council, mode)
    await _find_unpaid_out(session, council, mode, days.lost, ExceptionKind.NOT_CAPTURED)
    await _find_unpaid_out(session, council, mode, days.direct_debit, ExceptionKind.LATE)
    before = add_working_days(today(), -days.payout)
    missing = await exceptions.list_unseen(session, council, mode, before, _MOST)
    await exceptions.open_exceptions(
        session,
        council,
        mode,
        [
            {"kind": ExceptionKind.BANK_MISSING, "settlement": row.settlement, "amount": row.amount}
            for row in missing
        ],
    )


async def _find_unsettled(session: Session, council: str, mode: str, days: int, kind: ExceptionKind) -> None:
    """Open exceptions of payments that were captured so long ago; one that is lost is late no more."""
    until = datetime.combine(add_working_days(today(), -days), time.min, _LONDON)
    rows = await exceptions.list_unsettled(session, council, mode, until, kind, _MOST)
    new = [{"kind": kind, "payment": row.payment, "amount": row.amount} for row in rows]
    await exceptions.open_exceptions(session, council, mode, new)
    if kind is ExceptionKind.NOT_CAPTURED and rows:
        payments = [row.payment for row in rows]
        await exceptions.close_of_subjects(session, council, "payment", payments, [ExceptionKind.LATE])


async def _find_unpaid_out(session: Session, council: str, mode: str, days: int, kind: ExceptionKind) -> None:
    """Open exceptions of Direct Debits that were charged so long ago, as of payments."""
    until = add_working_days(today(), -days)
    rows = await exceptions.list_unpaid_out(session, council, mode, until, kind, _MOST)
    new = [{"kind": kind, "collection": row.collection, "amount": row.amount} for row in rows]
    await exceptions.open_exceptions(session, council, mode, new)
    if kind is ExceptionKind.NOT_CAPTURED and rows:
        missing = [row.collection for row in rows]
        await exceptions.close_of_subjects(session, council, "collection", missing, [ExceptionKind.LATE])


async def list_settlements(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List settlements of a mode."""
    return await store.list_settlements(session, council, mode, after or _BEGINNING, fetch)


async def get_settlement(session: ReadSession, council: str, mode: str, settlement: UUID) -> Row[Any]:
    """Get a settlement. Raises Problem 404."""
    row = await store.get_settlement(session, council, mode, settlement)
    if row is None:
        raise not_found("settlement with this id")
    return row


async def list_lines(
    session: ReadSession, council: str, mode: str, settlement: UUID, after: int, fetch: int
) -> Sequence[Row[Any]]:
    """List the lines of a settlement. Raises Problem 404."""
    await get_settlement(session, council, mode, settlement)
    return await store.list_lines(session, council, settlement, after, fetch)


async def list_exceptions(
    session: ReadSession,
    council: str,
    mode: str,
    *,
    kind: ExceptionKind | None,
    is_open: bool | None,
    after: UUID | None,
    fetch: int,
) -> Sequence[Row[Any]]:
    """List exceptions of a mode."""
    return await exceptions.list_exceptions(
        session, council, mode, kind=kind, is_open=is_open, after=after or _BEGINNING, fetch=fetch
    )


def to_settlement(row: Row[Any]) -> Settlement:
    """Convert a row to the API's model."""
    return Settlement.model_validate(row, from_attributes=True)


def to_line(row: Row[Any]) -> SettlementLine:
    """Convert a row to the API's model."""
    return SettlementLine.model_validate({**row._asdict(), "net": row.amount - row.fee})


def to_exception(row: Row[Any]) -> ReconciliationException:
    """Convert a row to the API's model."""
    return ReconciliationException.model_validate(row, from_attributes=True)

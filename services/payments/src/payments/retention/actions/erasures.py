"""Erase what is personal by schedule: a batch a job, each council by itself.

A batch is one transaction, and enqueues the next: what a worker that died had not done, the next one does.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, ids
from chassis.audit import by_system
from chassis.database import Session
from chassis.dates import add_months
from chassis.jobs import (
    Daily,
    Job,
    JobData,
    JobHandlers,
    Missed,
    NewJob,
    Priority,
    Schedule,
    enqueue,
    enqueue_all,
)
from payments.agreements import actions as agreements
from payments.cash_office.actions import receipts, tills
from payments.closes.actions import exports
from payments.direct_debit.actions import mandates
from payments.e_returns.actions import erasures as e_returns
from payments.office.actions import requests
from payments.payments.actions import changes as payment_changes
from payments.payments.rules.erasure import find_end, is_in_use
from payments.reconciliation.actions import statements
from payments.retention.store import holds
from payments.shared.days import today
from payments.shared.retention import DEFAULT_MONTHS, find_last_record_day

handlers = JobHandlers()
TASK = by_system("payments.retention")
_BATCH = 200
_REASON = "Retention is over"


class FindErasures(JobData):
    """Look for councils with something to be erased."""

    kind: ClassVar[str] = "payments.find_erasures"


class ErasePayments(JobData):
    """Erase what is due of a batch of a council's payments, and go on behind it."""

    kind: ClassVar[str] = "payments.erase_payments"
    after_day: date = date.min
    after_id: UUID = UUID(int=0)


class EraseRecords(JobData):
    """Erase words in a council's financial records that are no longer kept, and agreements out of use."""

    kind: ClassVar[str] = "payments.erase_records"


schedules = (Schedule("payments retention", Daily("03:10"), lambda _: FindErasures(), missed=Missed.ONCE),)


@handlers.effect(FindErasures)
async def find_erasures(session: Session, _: Job[FindErasures]) -> None:
    """Enqueue the jobs of each council."""
    councils = await payment_changes.list_councils_to_erase(session, today())
    await enqueue_all(
        session,
        [NewJob(ErasePayments(), council, key="retention", priority=Priority.BULK) for council in councils],
    )
    councils = await payment_changes.list_councils(session)
    await enqueue_all(
        session,
        [NewJob(EraseRecords(), council, key="retention", priority=Priority.BULK) for council in councils],
    )


@handlers.effect(ErasePayments, limit=50)
async def erase_payments(session: Session, job: Job[ErasePayments]) -> None:
    """Erase what is due of payments that are no longer needed."""
    after = job.data.after_day, job.data.after_id
    rows = await payment_changes.lock_to_erase(session, job.council, today(), after, _BATCH)
    free = await _choose_free(session, job.council, rows)
    if free:
        payments = [row.id for row in free]
        await payment_changes.erase(session, job.council, free)
        journals = await requests.erase_words(session, job.council, payments)
        await _erase_audit(session, job.council, "payments.payment", payments)
        await _erase_audit(session, job.council, "payments.journal", journals)
        await _record(session, job.council, len(free))
    if len(rows) == _BATCH:
        following = ErasePayments(after_day=rows[-1].erase_on, after_id=rows[-1].id)
        await enqueue(session, following, council=job.council, priority=Priority.BULK)


async def _choose_free(session: Session, council: str, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Choose the locked payments that nobody needs any more.

    It is a statement of its own, so that it sees what others wrote before the rows were locked.
    """
    expired = [row.id for row in rows if find_end(row.created_at) <= today()]
    needed = await holds.list_needed(session, council, [row.id for row in rows], expired)
    return [
        row
        for row in rows
        if row.id not in needed and not is_in_use(row.status, refunds_blocked=row.refunds_blocked)
    ]


@handlers.effect(EraseRecords, limit=50)
async def erase_records(session: Session, job: Job[EraseRecords]) -> None:
    """Erase a batch of each kind of record; the rest follows in another transaction."""
    council, last_day = job.council, find_last_record_day(today())
    numbers = [
        await agreements.erase_unused(session, council, _BATCH),
        await statements.erase_words(session, council, last_day, _BATCH),
        await exports.erase_contents(session, council, last_day, _BATCH),
        await mandates.erase_payers(session, council, _find_last_payer_day(), _BATCH),
        await mandates.erase_proof(session, council, today(), _BATCH),
        await mandates.erase_narratives(session, council, last_day, _BATCH),
        await _erase_takings(session, council, last_day),
    ]
    journals = await requests.erase_old_words(session, council, last_day, _BATCH)
    await _erase_audit(session, council, "payments.journal", [journal for journal in journals if journal])
    if max(*numbers, len(journals)) == _BATCH:
        await enqueue(session, job.data, council=council, priority=Priority.BULK)


async def _erase_takings(session: Session, council: str, last_day: date) -> int:
    """Erase a batch of each kind of counter takings; return how many of the largest."""
    receipt_ids = await receipts.erase_due(session, council, today(), _BATCH)
    if receipt_ids:
        journals = await requests.erase_words(session, council, receipt_ids)
        await _erase_audit(session, council, "payments.journal", journals)
    payer_day = _find_last_payer_day()
    erased = [
        ("payments.counter_receipt", receipt_ids),
        ("payments.till", await tills.erase_notes(session, council, payer_day, _BATCH)),
        ("payments.till", await tills.erase_names(session, council, last_day, _BATCH)),
        ("payments.e_return", await e_returns.erase_words(session, council, payer_day, _BATCH)),
        ("payments.e_return", await e_returns.erase_names(session, council, last_day, _BATCH)),
    ]
    for aggregate, subjects in erased:
        await _erase_audit(session, council, aggregate, subjects)
    return max(len(subjects) for _, subjects in erased)


def _find_last_payer_day() -> date:
    """Find the last day whose payers are erased where no fund says how long they are kept."""
    return add_months(today(), -DEFAULT_MONTHS)


async def _erase_audit(session: Session, council: str, aggregate: str, subjects: Sequence[UUID]) -> None:
    """Erase what entries of the audit about these say of people."""
    aggregate_ids = [ids.show(subject) for subject in subjects]
    if not aggregate_ids:
        return
    for aggregate_id in await audit.list_with_personal(session, council, aggregate, aggregate_ids):
        await audit.erase(session, council, TASK, aggregate, aggregate_id, reason=_REASON)


async def _record(session: Session, council: str, number: int) -> None:
    """Record how many payments were erased; each says when by itself."""
    changes = {"payments": [None, number]}
    await audit.record(
        session, council, TASK, "payers-erased", "payments.payment", "*", changes=changes, reason=_REASON
    )

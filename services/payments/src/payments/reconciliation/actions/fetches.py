"""Fetch settlements from processors: by the clock for every gateway account, and on demand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from chassis import clock, ids
from chassis.database import Session
from chassis.jobs import (
    CallContext,
    Every,
    Job,
    JobData,
    JobHandlers,
    LongCallData,
    NewJob,
    Priority,
    RefusedError,
    Schedule,
    enqueue_all,
)
from payments.gateway_accounts import actions as accounts
from payments.gateway_accounts.actions import GatewayAccount
from payments.payments.actions.processor_calls import processor_of
from payments.processors.rules import Processor, RefusedByProcessorError, Settlement
from payments.reconciliation.actions import settlements
from payments.reconciliation.store import settlements as store

handlers = JobHandlers()
_INTERVAL = 3_600  # seconds
_LIMIT = 1_800.0  # seconds
_MOST = 1_000  # payouts that a job imports; the next job goes on
_CHANGES = timedelta(days=30)  # a bank sends a payout back within it: payouts as young are read again


class FindAccounts(JobData):
    """Look for gateway accounts whose settlements are to be fetched."""

    kind: ClassVar[str] = "payments.find_settlement_accounts"


class FetchSettlements(LongCallData):
    """Fetch the settlements of a gateway account."""

    kind: ClassVar[str] = "payments.fetch_settlements"
    account: ids.Id


schedules = (Schedule("settlements", Every(_INTERVAL), lambda _: FindAccounts()),)


@handlers.effect(FindAccounts)
async def find_accounts(session: Session, _: Job[FindAccounts]) -> None:
    """Enqueue a job for each gateway account."""
    rows = await accounts.list_accounts(session)
    await enqueue_all(
        session,
        [
            NewJob(
                FetchSettlements(account=row.id), row.council, key=ids.show(row.id), priority=Priority.BULK
            )
            for row in rows
        ],
    )


async def request_fetch(session: Session, council: str, mode: str) -> int:
    """Fetch the settlements of a council's accounts of a mode soon; return how many accounts there are."""
    rows = await accounts.list_accounts(session, council, mode)
    jobs = [NewJob(FetchSettlements(account=row.id), council, key=ids.show(row.id)) for row in rows]
    await enqueue_all(session, jobs)
    return len(rows)


@handlers.call(FetchSettlements, limit=_LIMIT)
async def fetch(context: CallContext, job: Job[FetchSettlements]) -> None:
    """Read the payouts since the last that cannot change any more, and import each in its own transaction."""
    council = job.council
    async with context.database.reading(council) as session:
        account = await accounts.get_by_id(session, council, job.data.account)
        before = clock.now() - _CHANGES
        cursor = await store.find_cursor(session, council, account.id, before)
    processor = processor_of(context, account.processor)
    imported = 0
    try:
        while imported < _MOST:
            page = await processor.list_settlements(ids.show(account.id), cursor)
            imported += await _import_page(context, council, account, processor, page.settlements)
            if page.after is None:
                return
            cursor = page.after
    except RefusedByProcessorError as error:
        raise RefusedError(str(error)) from error


async def _import_page(
    context: CallContext,
    council: str,
    account: GatewayAccount,
    processor: Processor,
    page: Sequence[Settlement],
) -> int:
    imported = 0
    for settlement in page:
        async with context.database.reading(council) as session:
            row = await store.find_settlement(session, council, account.id, settlement.provider_id)
        if row is not None and row.is_reversed == settlement.is_reversed:
            continue
        lines = (
            await processor.list_settlement_lines(ids.show(account.id), settlement.provider_id)
            if row is None
            else ()
        )
        async with context.database.writing(council) as session:
            await settlements.import_settlement(session, council, account, settlement, lines)
        imported += 1
    return imported

"""Fetch settlements from processors: by the clock for each account and service user, and on demand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

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
from payments.direct_debit.actions import receipts, service_users
from payments.direct_debit.actions.calls import FetchPayouts
from payments.direct_debit.rules.postings import METHOD
from payments.gateway_accounts.actions import accounts
from payments.gateway_accounts.actions.accounts import GatewayAccount
from payments.ledger.rules import Role
from payments.processors.actions.registry import get_processor
from payments.processors.rules import Processor, RefusedByProcessorError, Settlement
from payments.reconciliation.actions import settlements
from payments.reconciliation.rules.postings import Merchant
from payments.reconciliation.store import settlements as store

handlers = JobHandlers()
_INTERVAL = 3_600  # seconds
_LIMIT = 1_800.0  # seconds
_MOST = 1_000  # payouts that a job imports; the next job goes on
_CHANGES = timedelta(days=30)  # a bank sends a payout back within it: payouts as young are read again
_CLOCKS = timedelta(hours=1)  # that a provider's may differ from ours


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
    """Enqueue a job for each gateway account and service user."""
    rows, users = await accounts.list_accounts(session), await service_users.list_users(session)
    await enqueue_all(session, _make_jobs(rows, users, Priority.BULK))


async def request_fetch(session: Session, council: str, mode: str) -> int:
    """Fetch the settlements of a council's accounts and service users of a mode soon; return how many."""
    rows = await accounts.list_accounts(session, council, mode)
    users = await service_users.list_users(session, council, mode)
    jobs = _make_jobs(rows, users, Priority.USUAL)
    await enqueue_all(session, jobs)
    return len(jobs)


def _make_jobs(
    account_rows: Sequence[Row[Any]], user_rows: Sequence[Row[Any]], priority: Priority
) -> list[NewJob]:
    jobs: list[tuple[Row[Any], JobData]] = [
        *((row, FetchSettlements(account=row.id)) for row in account_rows),
        *((row, FetchPayouts(service_user=row.id)) for row in user_rows),
    ]
    return [NewJob(data, row.council, key=ids.show(row.id), priority=priority) for row, data in jobs]


@handlers.call(FetchSettlements, limit=_LIMIT)
async def fetch(context: CallContext, job: Job[FetchSettlements]) -> None:
    """Read the payouts since the last that cannot change any more, and import each in its own transaction."""
    council = job.council
    async with context.database.reading(council) as session:
        account = await accounts.get_by_id(session, council, job.data.account)
        before = clock.now() - _CHANGES
        cursor = await store.find_cursor(session, council, account.id, before)
    processor = get_processor(context, council, account.processor)
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


@handlers.call(FetchPayouts, limit=_LIMIT)
async def fetch_payouts(context: CallContext, job: Job[FetchPayouts]) -> None:
    """Read the payouts of Direct Debits since the first collection, as those of accounts."""
    from payments.processors.actions.gocardless_payouts import (  # noqa: PLC0415 - it loads much code
        list_payout_lines,
        list_payouts,
    )

    council, user = job.council, job.data.service_user
    async with context.database.reading(council) as session:
        begin = await receipts.find_first_submission(session, council, user)
        last = await store.find_last_paid(session, council, user, clock.now() - _CHANGES)
    if begin is None:
        return
    creditor = await service_users.get_creditor(context, council, user)
    merchant = Merchant(user, creditor.mode, METHOD, Role.DIRECT_DEBIT)
    try:
        for payout in await list_payouts(creditor.provider, creditor.token, last or begin - _CLOCKS):
            if not await _is_known(context, council, user, payout):
                lines = await list_payout_lines(creditor.provider, creditor.token, payout)
                async with context.database.writing(council) as session:
                    await settlements.import_payout(session, council, merchant, payout, lines)
    except RefusedByProcessorError as error:
        raise RefusedError(str(error)) from error


async def _is_known(context: CallContext, council: str, merchant: UUID, settlement: Settlement) -> bool:
    """Check whether a payout was imported as it is now."""
    async with context.database.reading(council) as session:
        row = await store.find_settlement(session, council, merchant, settlement.provider_id)
    return row is not None and (row.is_reversed or not settlement.is_reversed)


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

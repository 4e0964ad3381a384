"""Settlements, and the exceptions of reconciliation."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader
from payments.reconciliation.actions import fetches, reviews
from payments.reconciliation.rules.matching import ExceptionKind
from payments.reconciliation.schemas.settlements import (
    Fetch,
    ReconciliationException,
    Settlement,
    SettlementLine,
)
from payments.shared.schemas import RequestBody

router = APIRouter(prefix=BASE, tags=["reconciliation"])
OfKind = Annotated[ExceptionKind | None, Query(description="Only those of this kind")]
IsOpen = Annotated[bool | None, Query(alias="open", description="Only those that stand open, or do not")]


class _Nothing(RequestBody):
    """No members."""


@router.post("/settlements/fetch", status_code=202, response_model=Fetch)
async def fetch_settlements(
    council: Slug, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Fetch the processors' settlements soon. They are fetched every hour anyway."""

    async def work() -> Fetch:
        return Fetch(accounts=await fetches.request_fetch(session, council, caller.mode))

    return await once.run(session, caller, _Nothing(), work, status=202)


@router.get("/settlements")
async def list_settlements(
    council: Slug, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[Settlement]:
    """List payouts of the credential's mode, in the order in which they were imported."""
    rows = await reviews.list_settlements(session, council, caller.mode, paging.start_id(), paging.fetch)
    return paging.page(rows, reviews.to_settlement, lambda row: (ids.show(row.id),))


@router.get("/settlements/{settlement}", responses=document_problems(404))
async def read_settlement(
    council: Slug, settlement: ids.Id, caller: FinanceReader, session: Reading
) -> Settlement:
    """Get a payout."""
    return reviews.to_settlement(await reviews.get_settlement(session, council, caller.mode, settlement))


@router.get("/settlements/{settlement}/lines", responses=document_problems(404))
async def list_settlement_lines(
    council: Slug, settlement: ids.Id, caller: FinanceReader, session: Reading, paging: Paging
) -> Page[SettlementLine]:
    """List the lines of a payout, and what each was matched with."""
    start = paging.start(int)
    rows = await reviews.list_lines(
        session, council, caller.mode, settlement, start[0] if start else 0, paging.fetch
    )
    return paging.page(rows, reviews.to_line, lambda row: (row.n,))


@router.get("/reconciliation-exceptions")
async def list_exceptions(
    council: Slug,
    caller: FinanceReader,
    session: Reading,
    paging: Paging,
    kind: OfKind = None,
    is_open: IsOpen = None,
) -> Page[ReconciliationException]:
    """List what does not match, in the order in which it was found."""
    rows = await reviews.list_exceptions(
        session,
        council,
        caller.mode,
        kind=kind,
        is_open=is_open,
        after=paging.start_id(),
        fetch=paging.fetch,
    )
    return paging.page(rows, reviews.to_exception, lambda row: (ids.show(row.id),))

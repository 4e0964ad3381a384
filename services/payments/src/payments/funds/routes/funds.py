"""Funds: the kinds of debt and income that lines of payments belong to."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis import ids
from chassis.database import Reading, Writing
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.actions import funds
from payments.funds.routes.access import BASE, FinanceKeeper, FinanceReader, headers_of_new
from payments.funds.schemas.funds import Fund, FundChange, NewFund, ReferenceCheck, ReferenceToCheck
from payments.funds.schemas.values import Code

router = APIRouter(prefix=f"{BASE}/funds", tags=["finance data"])
OfCode = Annotated[Code | None, Query(description="Only those with this code")]


@router.post("", status_code=201, response_model=Fund, responses={201: ETAG, **document_problems(409)})
async def create_fund(
    council: Slug, body: NewFund, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add a fund. You need a live credential."""
    return await once.run(
        session,
        caller,
        body,
        lambda: funds.create_fund(session, council, caller, body),
        headers=headers_of_new(council, "funds"),
    )


@router.get("")
async def list_funds(
    council: Slug, _: FinanceReader, session: Reading, paging: Paging, code: OfCode = None
) -> Page[Fund]:
    """List the council's funds, those that have ended too, in the order in which they were added."""
    rows = await funds.list_funds(session, council, code, paging.start_id(), paging.fetch)
    return paging.page(rows, funds.to_model, lambda row: (ids.show(row.id),))


@router.get("/{fund}", responses={200: ETAG, **document_problems(404)})
async def read_fund(
    council: Slug, fund: ids.Id, _: FinanceReader, session: Reading, response: Response
) -> Fund:
    """Get a fund. Its version is the ETag."""
    record = await funds.get_fund(session, council, fund)
    response.headers.update(version_tag(record.version))
    return record


@router.patch("/{fund}", responses={200: ETAG, **document_problems(404, 409, 412, 428)})
async def change_fund(
    council: Slug,
    fund: ids.Id,
    body: FundChange,
    caller: FinanceKeeper,
    session: Writing,
    response: Response,
    precondition: IfMatch,
) -> Fund:
    """Change a fund. Payments that were taken before keep what they have. You need a live credential."""
    changed = await funds.change_fund(session, council, fund, caller, precondition, body)
    response.headers.update(version_tag(changed.version))
    return changed


@router.post("/{fund}/references/check", responses=document_problems(404))
async def check_reference(
    council: Slug, fund: ids.Id, body: ReferenceToCheck, _: FinanceReader, session: Reading
) -> ReferenceCheck:
    """Check whether a text is a reference of this fund, before somebody pays with it.

    Only the text is looked at. The response never says whether there is such an account.
    """
    return await funds.check_reference(session, council, fund, body.reference)

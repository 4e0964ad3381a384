"""Search: payments and refunds."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug
from payments.payments.routes.dependencies import ReadCaller, Writer
from payments.search.actions import search_json, searches
from payments.search.schemas import (
    AgreementSearch,
    AgreementSearchResults,
    PaymentSearch,
    PaymentSearchResults,
    RefundSearch,
    RefundSearchResults,
    SearchResults,
)

router = APIRouter()


@router.get(
    "/{council}/payments/v1/payments",
    response_model=PaymentSearchResults,
    tags=["payments"],
    responses=document_problems(404, 422),
)
async def search_payments(
    session: Reading,
    council: Slug,
    query: Annotated[PaymentSearch, Query()],
    caller: ReadCaller,
    writer: Writer,
) -> Response:
    """Search your payments, the newest first. A payment is found as soon as it is created."""
    page = await searches.search_payments(session, council, caller, query)
    return _respond(search_json.write_payments(writer, page, query))


@router.get(
    "/{council}/payments/v1/refunds",
    response_model=RefundSearchResults,
    tags=["refunds"],
    responses=document_problems(404, 422),
)
async def search_refunds(
    session: Reading,
    council: Slug,
    query: Annotated[RefundSearch, Query()],
    caller: ReadCaller,
    writer: Writer,
) -> Response:
    """Search your refunds, the newest first. A refund is found as soon as it is submitted."""
    page = await searches.search_refunds(session, council, caller, query)
    return _respond(search_json.write_refunds(writer, page, query))


@router.get(
    "/{council}/payments/v1/agreements",
    response_model=AgreementSearchResults,
    tags=["agreements"],
    responses=document_problems(404, 422),
)
async def search_agreements(
    session: Reading,
    council: Slug,
    query: Annotated[AgreementSearch, Query()],
    caller: ReadCaller,
    writer: Writer,
) -> Response:
    """Search your agreements, the newest first. An agreement is found as soon as it is created."""
    page = await searches.search_agreements(session, council, caller, query)
    return _respond(search_json.write_agreements(writer, page, query))


def _respond(results: SearchResults) -> Response:
    """Write the body at once: by way of a dict, 500 payments take twice as long."""
    return Response(results.model_dump_json(by_alias=True), media_type="application/json")

"""Disputes: search."""

from typing import Annotated

from fastapi import APIRouter, Query

from chassis.database import Reading
from chassis.problems import document_problems
from chassis.types import Slug
from payments.disputes.actions import search
from payments.disputes.schemas import DisputeSearch, DisputeSearchResults
from payments.payments.routes.dependencies import ReadCaller, Writer

router = APIRouter(tags=["disputes"])


@router.get(
    "/{council}/payments/v1/disputes",
    response_model=DisputeSearchResults,
    responses=document_problems(404, 422),
)
async def search_disputes(
    session: Reading,
    council: Slug,
    query: Annotated[DisputeSearch, Query()],
    caller: ReadCaller,
    writer: Writer,
) -> DisputeSearchResults:
    """Search your disputes, the newest first.

    While a dispute is open its payment cannot be refunded. If you lose it, the amount and the processor's
    fee are taken from your next payout.
    """
    return await search.search_disputes(session, council, caller, query, writer)

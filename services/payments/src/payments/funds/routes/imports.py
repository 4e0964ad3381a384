"""Imports of whole sets of council finance data."""

from fastapi import APIRouter, Response

from chassis.database import Writing
from chassis.idempotency import OnlyOnce
from chassis.problems import document_problems
from chassis.types import Slug
from payments.funds.actions import imports
from payments.funds.routes.access import BASE, FinanceKeeper
from payments.funds.schemas.imports import FinanceSet, Imported

router = APIRouter(tags=["finance data"])


@router.post(f"{BASE}/imports", status_code=201, response_model=Imported, responses=document_problems(409))
async def import_finance_set(
    council: Slug, body: FinanceSet, caller: FinanceKeeper, session: Writing, once: OnlyOnce
) -> Response:
    """Add funds, rules, VAT codes and methods of payment in one request, or take over our default set.

    All is added, or nothing. What the council has already, by its code or name, stays as it is. You need a
    live credential.
    """
    return await once.run(session, caller, body, lambda: imports.import_set(session, council, caller, body))

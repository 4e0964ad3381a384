"""The look-up of a case by who has no account."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from casework.residents.actions.lookups import look_up_case as find_status
from casework.residents.routes.dependencies import VARY, Language, TheLimits
from casework.residents.schemas import CaseLookup, CaseStatus
from chassis.auth import public
from chassis.problems import document_problems
from chassis.rates import network_of
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1", tags=["own cases"])


@router.post("/case-lookups", responses=document_problems(404))
async def look_up_case(
    council: Slug,
    body: CaseLookup,
    request: Request,
    language: Language,
    limits: TheLimits,
    response: Response,
    _: Annotated[None, public],
) -> CaseStatus:
    """Say where a case stands, for who has no account: in words, and nothing of its person or answers.

    A wrong reference and a wrong proof have one answer. Attempts are limited for each network and each case.
    """
    database, network = request.app.state.database, network_of(request)
    status = await find_status(database, limits, council, network, body, language)
    response.headers.update({**VARY, "Cache-Control": "no-store"})
    return status

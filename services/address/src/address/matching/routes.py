"""Matching: which property an address means."""

from typing import Annotated

from fastapi import APIRouter, Request

from address.address_text.rules.tokens import Asked
from address.matching.actions.index_cache import Residents
from address.matching.rules.decision import Match
from address.matching.schemas import MatchAnswer, MatchCandidate, MatchQuestion
from chassis.auth import Caller, permission
from chassis.database import FastPool
from chassis.types import Slug

router = APIRouter(prefix="/{council}/address/v1/match", tags=["matching"])
Reader = Annotated[Caller, permission("address:read")]


@router.post("", response_model=MatchAnswer)
async def match_address(
    request: Request, council: Slug, body: MatchQuestion, _: Reader, pool: FastPool
) -> MatchAnswer:
    """The property an address means, or none.

    ``ambiguous``: several fit as well; ``none``: the property is not in the gazetteer, though its neighbours
    may be. Current properties are matched, by any of their addresses. The question is not kept anywhere.
    """
    asked = Asked(body.address, body.postcode)
    return _answer(await _residents(request).match(pool, council, asked))


def _residents(request: Request) -> Residents:
    """The matchers of this process, made when they are first wanted."""
    state = request.app.state
    if not hasattr(state, "residents"):
        state.residents = Residents()
    found: Residents = state.residents
    return found


def _answer(found: Match) -> MatchAnswer:
    return MatchAnswer(
        outcome=found.outcome,
        uprn=None if found.uprn is None else str(found.uprn),
        confidence=round(found.confidence, 4),
        exact=found.exact,
        reasons=list(found.reasons),
        candidates=[
            MatchCandidate(uprn=str(one.uprn), address=one.address, confidence=round(one.confidence, 4))
            for one in found.candidates
        ],
    )

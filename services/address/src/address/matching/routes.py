"""Match one address."""

from typing import Annotated

from fastapi import APIRouter, Request

from address.address_text.rules.tokens import MatchQuery
from address.matching.actions.index_cache import IndexCache
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
    """Match an address to a property.

    ``ambiguous``: several properties fit equally. ``none``: the property is not in the gazetteer, although
    its neighbours may be. Only current properties are matched, by any of their addresses. The address is not
    stored.
    """
    match_query = MatchQuery(body.address, body.postcode)
    return _to_answer(await _index_cache(request).match(pool, council, match_query))


def _index_cache(request: Request) -> IndexCache:
    """Return this process's index cache, made on first use."""
    state = request.app.state
    if not hasattr(state, "residents"):
        state.residents = IndexCache()
    match: IndexCache = state.residents
    return match


def _to_answer(match: Match) -> MatchAnswer:
    return MatchAnswer(
        outcome=match.outcome,
        uprn=None if match.uprn is None else str(match.uprn),
        confidence=round(match.confidence, 4),
        exact=match.exact,
        reasons=list(match.reasons),
        candidates=[
            MatchCandidate(
                uprn=str(candidate.uprn), address=candidate.address, confidence=round(candidate.confidence, 4)
            )
            for candidate in match.candidates
        ],
    )

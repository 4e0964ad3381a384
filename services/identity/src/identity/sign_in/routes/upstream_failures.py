"""The page of who went to another provider in vain: what happened, and the other ways.

It has an address of its own, which says what happened by a word: so it can be read again, or in Welsh, where
the way back itself is used up.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Database
from chassis.ids import Id
from chassis.problems import documents
from chassis.types import Slug
from chassis.web import language_of, see_other
from identity.sign_in.routes.interaction import Interaction, TheInteraction, interaction_of, show
from identity.upstream_login.actions import login_states
from identity.upstream_login.actions.login_states import FailedError, Reason
from identity.upstream_login.rules.requests import PROVE, SIGN_IN, Purpose
from identity.upstream_login.store.login_states import Visit
from identity.upstreams.store import Upstream

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

LINKS = "/identity/account/upstreams"
_PATH = "/identity/upstream/failed"
_SIGN_IN = "/identity/sign-in"
_STATUS = {
    "old": 400,
    "refused": 400,
    "away": 503,
    "in-use": 409,
    "another-person": 409,
    "not-staff": 403,
    "too-many-groups": 403,
}
What = Annotated[Reason, Query(description="What happened")]
Why = Annotated[Purpose, Query(description="Why somebody went there")]
Whose = Annotated[Slug | None, Query(description="Whose provider it is")]
Where = Annotated[Id | None, Query(alias="upstream", description="Which provider of the council's")]


@router.get("/failed", responses=documents(409))
async def show_upstream_failure(
    _: Annotated[None, public], request: Request, interaction: TheInteraction, reason: What,
    purpose: Why = SIGN_IN, of: Whose = None, upstream_id: Where = None,
) -> Response:  # fmt: skip
    """What happened at another provider, or on the way; and the other ways. Nobody is signed in by it."""
    database: Database = request.app.state.database
    upstream = None
    if of is not None and upstream_id is not None:
        async with database.reading(of) as session:
            upstream = await login_states.offered(session, of, upstream_id)
    if upstream is None:  # the others are said of a provider
        reason = "old"
    return show(
        request,
        interaction,
        "upstream-failed.html",
        _STATUS.get(reason, 200),
        reason=reason,
        provider=title_of(request, upstream) if upstream is not None else "",
        again=interaction.at(path_of(upstream)) if upstream is not None else "",
        purpose=purpose,
        elsewhere=elsewhere(interaction, purpose),
    )


async def told(request: Request, error: FailedError, council: str | None = None) -> Response:
    """On to the page that says what happened."""
    visit = error.visit
    interaction = await interaction_of_visit(request, visit, council)
    return failed(interaction, error.reason, error.upstream, visit.purpose if visit else SIGN_IN)


def failed(interaction: Interaction, reason: Reason, upstream: Upstream | None, purpose: str) -> Response:
    """The same, in this interaction."""
    asked = {"reason": reason, "purpose": purpose}
    if upstream is not None:
        asked |= {"of": upstream.council, "upstream": ids.show(upstream.id)}
    at = interaction.at(_PATH)
    return see_other(f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}")


async def interaction_of_visit(
    request: Request, visit: Visit | None, council: str | None = None
) -> Interaction:
    """In which interaction somebody went there."""
    if visit is None:
        return await interaction_of(request, None, None, council)
    return await interaction_of(request, visit.request, visit.page, visit.council)


def elsewhere(interaction: Interaction, purpose: str) -> str:
    """Where the other ways are: to sign in, to prove who one is, to the account."""
    if purpose == PROVE and interaction.request:
        return f"/identity/prove?{urlencode({'request': interaction.request})}"
    return interaction.at(_SIGN_IN) if purpose == SIGN_IN else LINKS


def path_of(upstream: Upstream) -> str:
    """Where a form begins to sign in there."""
    return f"/identity/upstream/{upstream.council}/{ids.show(upstream.id)}"


def title_of(request: Request, upstream: Upstream) -> str:
    """What a provider is called on its button."""
    return upstream.title_cy if language_of(request) == "cy" else upstream.title

"""The page that says why a login at another provider failed, and which other ways there are.

The address of the page names the reason. So the page can be loaded again, or in Welsh, where the address of
the callback works only once.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import choose_language, see_other
from identity.assurance.rules import SIGN_IN, ReturnTo
from identity.sign_in.routes.interaction import TheInteraction, load_return
from identity.upstream_login.actions.login_states import FailureReason as Reason
from identity.upstream_login.actions.login_states import LoginFailedError
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.login_state import LoginState
from identity.upstream_login.rules.requests import PROVE, Purpose
from identity.upstreams.actions import upstreams
from identity.upstreams.rules.upstream import Upstream

router = APIRouter(prefix="/identity/upstream", tags=["sign-in"], default_response_class=HTMLResponse)

LINKS = "/identity/account/upstreams"
_PATH = "/identity/upstream/failed"
_STATUS = {
    "old": 400,
    "refused": 400,
    "away": 503,
    "in-use": 409,
    "another-person": 409,
    "not-staff": 403,
    "too-many-groups": 403,
}
FailureReason = Annotated[Reason, Query(description="What happened")]
LoginPurpose = Annotated[Purpose, Query(description="Why you went to the provider")]
AtCouncil = Annotated[Slug | None, Query(description="The council whose provider it is")]
UpstreamId = Annotated[Id | None, Query(alias="upstream", description="The provider, one of the council's")]


@router.get("/failed", responses=document_problems(409))
async def show_upstream_failure(
    _: Annotated[None, public], interaction: TheInteraction, reason: FailureReason,
    purpose: LoginPurpose = requests.SIGN_IN, of: AtCouncil = None, upstream_id: UpstreamId = None,
) -> Response:  # fmt: skip
    """The page that says what went wrong at another provider, and how else you can sign in."""
    upstream = None
    if of is not None and upstream_id is not None:
        async with interaction.database.reading(of) as session:
            upstream = await upstreams.get_enabled(session, of, upstream_id)
    if upstream is None:  # every other reason names the provider
        reason = "old"
    return interaction.show(
        "upstream-failed.html",
        _STATUS.get(reason, 200),
        reason=reason,
        provider=title_of(interaction.request, upstream) if upstream is not None else "",
        again=interaction.at(path_of(upstream)) if upstream is not None else "",
        purpose=purpose,
        elsewhere=other_ways(interaction.returns_to, purpose),
    )


async def redirect_after_error(
    request: Request, error: LoginFailedError, council: str | None = None
) -> Response:
    """Send the browser to the page that says what happened, in the sign-in that the login belongs to."""
    visit = error.state
    purpose = visit.purpose if visit else requests.SIGN_IN
    return redirect_to_failure(
        await return_of_visit(request, visit, council), error.reason, error.upstream, purpose
    )


def redirect_to_failure(
    returns_to: ReturnTo, reason: Reason, upstream: Upstream | None, purpose: str
) -> Response:
    """Send the browser to the page that says what happened."""
    query = {"reason": reason, "purpose": purpose}
    if upstream is not None:
        query |= {"of": upstream.council, "upstream": ids.show(upstream.id)}
    url = returns_to.at(_PATH)
    return see_other(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}")


async def return_of_visit(request: Request, visit: LoginState | None, council: str | None = None) -> ReturnTo:
    """Load where the sign-in returns to that a login at a provider began in."""
    if visit is None:
        return await load_return(request, None, None, council)
    return await load_return(request, visit.request, visit.page, visit.council)


def other_ways(returns_to: ReturnTo, purpose: str) -> str:
    """The page with the other ways: to sign in, to prove an identity, or to link a provider."""
    if purpose == PROVE and returns_to.request_id:
        return f"/identity/prove?{urlencode({'request': returns_to.request_id})}"
    return returns_to.at(SIGN_IN) if purpose == requests.SIGN_IN else LINKS


def path_of(upstream: Upstream) -> str:
    """Where a form starts a login at the provider."""
    return f"/identity/upstream/{upstream.council}/{ids.show(upstream.id)}"


def title_of(request: Request, upstream: Upstream) -> str:
    """The provider's name on its button, in the language of the page."""
    return upstream.title_cy if choose_language(request) == "cy" else upstream.title

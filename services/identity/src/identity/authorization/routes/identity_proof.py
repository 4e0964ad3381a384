"""The way to a proof: a service wants to be sure who somebody is, and that is not proven yet."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Session
from chassis.problems import documents
from chassis.web import SubmittedForm, form_body, language_of, see_other
from chassis.web.browsers import browser_secret
from identity.accounts.actions import sessions
from identity.accounts.actions.sessions import BrowserSession
from identity.accounts.routes import session_secret
from identity.authorization.actions import authorization_flow
from identity.authorization.actions.authorization_flow import Ask, Outcome
from identity.authorization.routes.authorize import ANSWERS, RequestId, origin, stepped
from identity.clients.routes.dependencies import TheProvider
from identity.clients.store import clients
from identity.proofs.actions import proof_status, proofs
from identity.shared.dependencies import pages, show_wrong_request, spoken
from identity.shared.oauth import vectors
from identity.shared.oauth.authorization_requests import PageError
from identity.upstreams.actions import upstreams

router = APIRouter(prefix="/identity/prove", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
Looked = Annotated[Literal["yes"] | None, Query(description="The person has asked to go on")]


@router.get("", responses=ANSWERS)
async def show_prove(
    _: Anybody, request: Request, provider: TheProvider, waiting: RequestId, looked: Looked = None
) -> Response:
    """Who asks for a proof and why, and the ways to one; once there is one it goes on."""
    return await _shown(request, provider, waiting, looked=looked is not None)


@router.post("/desk-code", responses={**ANSWERS, **documents(403)}, openapi_extra=form_body())
async def make_proving_code(
    _: Anybody, request: Request, provider: TheProvider, waiting: RequestId, _form: SubmittedForm
) -> Response:
    """A code to show at a desk, shown this once; the one before is void."""
    return await _shown(request, provider, waiting, code=True)


@router.post(
    "/back",
    responses={**ANSWERS, **documents(403)},
    openapi_extra=form_body("request", "person", request=100, person=100),
)
async def go_back_unproven(
    _: Anybody, request: Request, provider: TheProvider, form: SubmittedForm
) -> Response:
    """Not now: back to the service, which hears that there is no proof."""

    async def work(session: Session, signed_in: BrowserSession | None) -> Outcome:
        return await authorization_flow.go_back(
            session, provider, form.get("request"), browser_secret(request), signed_in, form.get("person")
        )

    return await stepped(request, provider, work, 303)


async def _shown(
    request: Request, provider: TheProvider, waiting: str, *, looked: bool = False, code: bool = False
) -> Response:
    try:
        async with provider.database.writing() as session:
            person = await sessions.get_current(session, session_secret(request))
            ask = await authorization_flow.lacking(
                session, provider, waiting, browser_secret(request), person
            )
            if ask is None or person is None:
                return see_other(f"/identity/authorize/continue?{urlencode({'request': waiting})}")
            made = await proofs.create_desk_code(session, person.account) if code else None
            found = await _found(request, session, ask, person)
    except PageError as error:
        return show_wrong_request(request, error)
    if made is not None:
        found |= {"code": made[0], "ends": spoken(made[1], request)}
    service = ask.client.record
    return pages.render(
        request,
        "prove.html",
        form_action=(origin(ask.wanted.redirect_uri),),
        council_name=service.council_name,
        service_name=clients.called(service, language_of(request)),
        waiting=ask.request,
        person=ask.person,
        looked=looked,
        thorough=ask.wanted.identity == vectors.IDENTITY_LEVELS[-1],
        **found,
    )


async def _found(request: Request, session: Session, ask: Ask, person: BrowserSession) -> dict[str, Any]:
    """How it stands with the person's proof, and where the council lets him prove it elsewhere."""
    council = ask.client.record.council
    state = await proof_status.get_status(session, person.account, ask.wanted.identity)
    await session.see(council)
    offered = [
        one
        for one in await upstreams.list_enabled(session, council, "residents")
        if one.identity_level and vectors.proven(one.identity_level, ask.wanted.identity)
    ]
    welsh = language_of(request) == "cy"
    return {
        "some": state.level != vectors.NO_IDENTITY,
        "waits_since": spoken(state.waiting.proved_at, request) if state.waiting else "",
        "ran_out": spoken(state.expired.expires_at, request) if state.expired else "",
        "ways": [
            {
                "path": f"/identity/upstream/{council}/{ids.show(one.id)}",
                "title": one.title_cy if welsh else one.title,
            }
            for one in offered
        ],
    }

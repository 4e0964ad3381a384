"""The page that leads to a proof: a service needs to know who somebody is, and that is not proven yet."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.auth import public
from chassis.database import Session
from chassis.problems import document_problems
from chassis.web import SubmittedForm, choose_language, form_body, see_other
from chassis.web.browsers import browser_secret
from identity.accounts.actions import sessions
from identity.accounts.routes import session_secret
from identity.accounts.rules.browser_sessions import SessionRecord
from identity.authorization.actions import identity_proof
from identity.authorization.actions.authorization_flow import Outcome, Prompt
from identity.authorization.routes.authorize import RESPONSES, RequestId, run_step
from identity.clients.routes.dependencies import TheProvider
from identity.proofs.actions import desk_codes, proof_status
from identity.shared.dependencies import format_time, mark_test_service, pages, show_wrong_request
from identity.shared.oauth import redirects, vectors
from identity.shared.oauth.authorization_requests import PageError
from identity.upstreams.actions import upstreams

router = APIRouter(prefix="/identity/prove", tags=["sign-in"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]
Checked = Annotated[
    Literal["yes"] | None, Query(alias="looked", description="The person has asked to continue")
]


@router.get("", responses=RESPONSES)
async def show_prove(
    _: Anybody, request: Request, provider: TheProvider, secret: RequestId, checked: Checked = None
) -> Response:
    """Show who asks for a proof and the ways to one. Once there is one, continue the request."""
    return await _show(request, provider, secret, checked=checked is not None)


@router.post("/desk-code", responses={**RESPONSES, **document_problems(403)}, openapi_extra=form_body())
async def make_proving_code(
    _: Anybody, request: Request, provider: TheProvider, secret: RequestId, _form: SubmittedForm
) -> Response:
    """Make a code to show at a desk. It is shown once, and replaces the code before."""
    return await _show(request, provider, secret, with_code=True)


@router.post(
    "/back",
    responses={**RESPONSES, **document_problems(403)},
    openapi_extra=form_body("request", "person", request=100, person=100),
)
async def go_back_unproven(
    _: Anybody, request: Request, provider: TheProvider, form: SubmittedForm
) -> Response:
    """Go back to the service without a proof. The service is told that there is none."""

    async def decline(session: Session, record: SessionRecord | None) -> Outcome:
        return await identity_proof.decline_proof(
            session, provider, form.get("request"), browser_secret(request), record, form.get("person")
        )

    return await run_step(request, provider, decline, 303)


async def _show(
    request: Request, provider: TheProvider, secret: str, *, checked: bool = False, with_code: bool = False
) -> Response:
    try:
        async with provider.database.writing() as session:
            record = await sessions.get_current(session, session_secret(request))
            prompt = await identity_proof.find_missing_proof(
                session, provider, secret, browser_secret(request), record
            )
            if prompt is None or record is None:
                return see_other(f"/identity/authorize/continue?{urlencode({'request': secret})}")
            view: dict[str, Any] = {"checked": checked}
            if with_code:
                code, ends = await desk_codes.create_desk_code(session, record.account)
                view |= {"code": code, "ends": format_time(ends, request)}
            view |= await _describe_proof(request, session, prompt, record)
            view |= await _list_providers(request, session, prompt)
    except PageError as error:
        return show_wrong_request(request, error)
    return _render(request, prompt, view)


def _render(request: Request, prompt: Prompt, view: dict[str, Any]) -> Response:
    client = prompt.client.record
    mark_test_service(request, client.mode)
    return pages.render(
        request,
        "prove.html",
        form_action=(redirects.build_csp_source(prompt.content.redirect_uri),),
        council_name=client.council_name,
        service_name=client.name_in(choose_language(request)),
        request_id=prompt.request,
        person=prompt.person,
        thorough=prompt.content.identity == vectors.IDENTITY_LEVELS[-1],
        **view,
    )


async def _describe_proof(
    request: Request, session: Session, prompt: Prompt, record: SessionRecord
) -> dict[str, Any]:
    """Describe the person's proof: of a lower level, waiting for a second member of staff, or expired."""
    state = await proof_status.get_status(session, record.account, prompt.content.identity)
    return {
        "proven": state.level != vectors.NO_IDENTITY,
        "unconfirmed_since": format_time(state.waiting.proved_at, request) if state.waiting else "",
        "expired_at": format_time(state.expired.expires_at, request) if state.expired else "",
    }


async def _list_providers(request: Request, session: Session, prompt: Prompt) -> dict[str, Any]:
    """List the providers at which the council lets people prove their identity to the level asked for."""
    council = prompt.client.record.council
    await session.set_council(council)
    welsh = choose_language(request) == "cy"
    return {
        "providers": [
            {
                "path": f"/identity/upstream/{council}/{ids.show(upstream.id)}",
                "title": upstream.title_cy if welsh else upstream.title,
            }
            for upstream in await upstreams.list_enabled(session, council, "residents")
            if upstream.identity_level
            and vectors.satisfies_identity(upstream.identity_level, prompt.content.identity)
        ]
    }

"""Pages where people see what they share with services, and withdraw their consent."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from chassis import ids
from chassis.database import Writing
from chassis.ids import Id
from chassis.problems import document_problems
from chassis.types import Slug
from chassis.web import SubmittedForm, form_body, see_other
from identity.assurance.routes import SignedIn
from identity.assurance.rules import ACCOUNT
from identity.clients.routes.dependencies import TheProvider
from identity.grants.actions import consents
from identity.self_service.routes.account import Anybody
from identity.shared.dependencies import format_time, pages

router = APIRouter(prefix="/identity", tags=["account"], default_response_class=HTMLResponse)

_SERVICES = f"{ACCOUNT}/services"
_MAX_CONSENTS = 100


@router.get("/account/services")
async def show_consents(
    _: Anybody, request: Request, session: Writing, person: SignedIn, provider: TheProvider
) -> Response:
    """Show the services you share details with."""
    entries = []
    for row in await consents.list_consents(session, person.account, _MAX_CONSENTS):
        client = await provider.get_client(ids.show(row.client))
        if client is not None:
            entries.append(_entry(row.council, row.client, client.name, format_time(row.given_at, request)))
    return pages.render(request, "services.html", services=entries)


@router.post(
    "/account/services/{slug}/{client_id}/end", responses=document_problems(403), openapi_extra=form_body()
)
async def end_consent(
    _: Anybody, slug: Slug, client_id: Id, session: Writing, person: SignedIn, provider: TheProvider,
    _form: SubmittedForm,
) -> Response:  # fmt: skip
    """Withdraw your consent to share details with a service. Its tokens end too."""
    client = await provider.get_client(ids.show(client_id))
    name = client.name if client is not None and client.council == slug else ""
    await consents.revoke_consent(session, slug, person.account, client_id, name)
    return see_other(_SERVICES)


def _entry(council: str, client: UUID, name: str, since: str) -> dict[str, str]:
    return {"path": f"{_SERVICES}/{council}/{ids.show(client)}/end", "name": name, "since": since}

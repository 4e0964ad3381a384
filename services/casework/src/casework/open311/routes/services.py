"""Where the API is, and what a council takes reports of."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from casework.open311.actions import services
from casework.open311.routes.responses import DOCUMENTED, PREFIX, Form, Language, respond
from casework.open311.schemas.params import Params
from casework.open311.schemas.views import Discovery, Endpoint, ServiceDefinition, ServiceView
from chassis.auth import public
from chassis.database import Reading
from chassis.types import Slug

router = APIRouter(prefix=PREFIX, tags=["Open311"])
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
_CHANGED = datetime(2026, 1, 1, tzinfo=UTC)
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_BRIEFLY = {"Cache-Control": "public, max-age=60"}


@router.get("/discovery.{form}", response_model=Discovery, responses=DOCUMENTED)
async def discover(request: Request, council: Slug, form: Form, _: Annotated[None, public]) -> Response:
    """Find the endpoints, and who answers for them."""
    agency = (await request.app.state.directory.find_council(council)).name
    base = request.url.replace(path=PREFIX.format(council=council), query="")
    endpoint = Endpoint(
        specification=_SPECIFICATION,
        url=str(base),
        changeset=_CHANGED,
        type="production",
        formats=["text/xml", "application/json"],
    )
    discovery = Discovery(
        changeset=_CHANGED,
        contact=agency,
        key_service=f"Ask {agency} for an API key with the scope casework:report.",
        endpoints=[endpoint],
    )
    return respond(form, "discovery", discovery, _BRIEFLY)


@router.get(
    "/services.{form}",
    response_model=list[ServiceView],
    responses=DOCUMENTED,
    openapi_extra=Params.document_query(),
)
async def list_services(
    council: Slug, form: Form, language: Language, session: Reading, _: Annotated[None, public]
) -> Response:
    """List what the council takes reports of."""
    return respond(form, "services", await services.list_services(session, council, language), _BRIEFLY)


@router.get(
    "/services/{code}.{form}",
    response_model=ServiceDefinition,
    responses=DOCUMENTED,
    openapi_extra=Params.document_query(),
)
async def get_service(
    council: Slug, code: Code, form: Form, language: Language, session: Reading, _: Annotated[None, public]
) -> Response:
    """Get the questions of a service."""
    definition = await services.get_definition(session, council, code, language)
    return respond(form, "service_definition", definition, _BRIEFLY)

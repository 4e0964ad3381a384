"""Recipes of a council: send, publish, go back; what is live and its history."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Row

from apps.recipes.load.faults import RecipeError
from apps.recipes.load.folder import RecipeFolder
from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Reading
from chassis.etags import ETAG, OptionalIfMatch, version_tag
from chassis.pages import Page, Paging
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from resident.publication.actions import reads, recipes
from resident.publication.actions.case_types import CaseTypes
from resident.publication.actions.credentials import open_publisher
from resident.publication.actions.publisher import Publisher
from resident.publication.rules import list_sensitive_changes
from resident.publication.schemas import BundleChoice, Publication, PublishedService, RecipeFile, SentRecipe
from resident.settings import Settings
from resident.shared.pages import PATH

router = APIRouter(prefix=f"/{{council}}/{PATH}/v1/recipes", tags=["recipes"])
RecipeReader = Annotated[Caller, permission("services:read")]
RecipeWriter = Annotated[Caller, permission("services:write")]
RecipePublisher = Annotated[Caller, permission("services:publish")]
ServicePath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=40)]


@asynccontextmanager
async def _open_publisher(request: Request, council: str, caller: Caller) -> AsyncIterator[Publisher]:
    """Open what publishes in the caller's name. Raises Problem 403 and 409."""
    if caller.mode != "live":
        detail = "Services are published with a live credential only: residents use them."
        raise Problem(403, "mode-not-held", detail)
    settings: Settings = request.app.state.settings
    platform = await asyncio.to_thread(open_publisher, settings.clients, settings.gateway_url, council)
    if platform is None:
        detail = "This council has no client for publishing yet. Ask the operator of the region."
        raise Problem(409, "council-not-set-up", detail)
    async with platform:
        by = caller.actor or caller.subject
        yield Publisher(request.app.state.database, CaseTypes(platform), council, by)


@router.get("")
async def list_recipes(
    council: Slug, _: RecipeReader, session: Reading, paging: Paging
) -> Page[PublishedService]:
    """List your services as they are live."""
    rows = await reads.list_live_rows(session, council, paging.start(str), paging.fetch)
    return paging.page(rows, _show_live, lambda row: (row.service,))


@router.get("/{service}", responses={200: ETAG, **document_problems(404)})
async def get_recipe(
    council: Slug, service: ServicePath, _: RecipeReader, session: Reading, response: Response
) -> PublishedService:
    """Get what a service shows, since when, and who published it."""
    row = await reads.get_live_row(session, council, service)
    response.headers.update(version_tag(row.version))
    return _show_live(row)


@router.get("/{service}/history")
async def list_recipe_history(
    council: Slug, service: ServicePath, _: RecipeReader, session: Reading, paging: Paging
) -> Page[Publication]:
    """List what was published of a service, when and by whom, the latest first."""
    rows = await reads.list_history(session, council, service, paging.start_id(), paging.fetch)
    return paging.page(rows, _show_publication, lambda row: (ids.show(row.id),))


@router.post("/{service}", status_code=201, responses=document_problems(409, 503))
async def send_recipe(
    council: Slug, service: ServicePath, body: RecipeFile, caller: RecipeWriter, request: Request
) -> SentRecipe:
    """Check your file of differences and prepare it; the same file again gives the same version.

    Every fault is named with its file, line, path and a way out. Nothing is visible before you publish it.
    """
    settings: Settings = request.app.state.settings
    folder = RecipeFolder(settings.recipes)
    async with _open_publisher(request, council, caller) as publisher:
        of_council = await asyncio.to_thread(recipes.find_council, settings.councils, council)
        try:
            compiled = await asyncio.to_thread(
                recipes.compile_file, folder, of_council, service, body.differences, body.release
            )
            row = await publisher.send(compiled)
        except RecipeError as error:
            raise recipes.refuse_recipe(error) from None
    async with request.app.state.database.reading(council) as session:
        live = await reads.find_live_bundle(session, council, service)
    return _show_sent(row, list_sensitive_changes(live, compiled.bundle))


@router.post("/{service}/publish", responses={200: ETAG, **document_problems(404, 409, 412, 428, 503)})
async def publish_recipe(
    council: Slug,
    service: ServicePath,
    body: BundleChoice,
    caller: RecipePublisher,
    request: Request,
    response: Response,
    precondition: OptionalIfMatch,
) -> PublishedService:
    """Show a version to residents, at once. Drafts and cases finish on the version they began with.

    A change of fee, stops or privacy is published by somebody other than who sent it. `If-Match` is needed
    when the service is live already.
    """
    async with _open_publisher(request, council, caller) as publisher:
        row = await publisher.publish(service, body.bundle, precondition)
    response.headers.update(version_tag(row.version))
    return _show_live(row)


@router.post("/{service}/back", responses={200: ETAG, **document_problems(409, 412, 428, 503)})
async def take_back_recipe(
    council: Slug,
    service: ServicePath,
    caller: RecipePublisher,
    request: Request,
    response: Response,
    precondition: OptionalIfMatch,
) -> PublishedService:
    """Show what was live before, at once. It was published once, so one person may do it."""
    async with _open_publisher(request, council, caller) as publisher:
        row = await publisher.go_back(service, precondition)
    response.headers.update(version_tag(row.version))
    return _show_live(row)


def _show_sent(row: Row[Any], changes: list[Any]) -> SentRecipe:
    return SentRecipe(
        bundle=row.id,
        service=row.service,
        identifier=reads.read_bundle(row.content).identifier,
        case_type_version=row.case_number,
        sent_by=row.sent_by,
        created_at=row.created_at,
        second_person=changes,
    )


def _show_live(row: Row[Any]) -> PublishedService:
    bundle = reads.read_bundle(row.content)
    return PublishedService(
        service=row.service,
        name=bundle.name.en,
        bundle=row.id,
        identifier=bundle.identifier,
        case_type_version=row.case_number,
        bundle_before=row.bundle_before,
        published_at=row.published_at,
        published_by=row.published_by,
        version=row.version,
    )


def _show_publication(row: Row[Any]) -> Publication:
    return Publication.model_validate(row._asdict())

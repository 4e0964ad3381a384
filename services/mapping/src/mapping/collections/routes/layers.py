"""Layers and their versions."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import Row

from chassis.database import Reading, Session
from chassis.etags import ETAG, IfMatch, version_tag
from chassis.idempotency import OnlyOnce
from chassis.pages import Page, Paging
from chassis.problems import document_problems, not_found
from chassis.types import Slug
from mapping.collections.actions import definitions, features
from mapping.collections.actions import layers as reads
from mapping.collections.routes.access import BASE, Publisher, Reader, audience_of
from mapping.collections.routes.dependencies import TheWrites
from mapping.collections.rules.layers import Layer
from mapping.collections.schemas.layers import (
    Difference,
    LayerAct,
    LayerName,
    LayerPatch,
    LayerRestore,
    LayerView,
    NewLayer,
    VersionView,
    show_layer,
)
from mapping.collections.tables import STILL

router = APIRouter(prefix=f"{BASE}/layers", tags=["layers"])
TheName = Annotated[LayerName, Path(description="The layer's name")]
Version = Annotated[int, Path(ge=1, le=STILL - 1, description="A version of the layer")]
_VersionQuery = Query(ge=0, le=STILL - 1, description="A version of the layer; 0 is before the first")
_CHANGE = {200: ETAG, **document_problems(404, 409, 412, 428)}
_MORE = 4
"""Pages' worth of rows read at once, as some are of layers that the caller may not see."""


@router.get("")
async def list_layers(council: Slug, caller: Reader, session: Reading, paging: Paging) -> Page[LayerView]:
    """List the council's layers of every status that you may see, by their names."""
    audience = audience_of(caller)
    start = paging.start(str)
    after = "" if start is None else paging.read_text(start[0])
    rows: list[Layer] = []
    while len(rows) < paging.fetch:
        listed = await reads.list_layers(session, council, after, paging.fetch * _MORE)
        rows += [layer for layer in listed if layer.visible_to(audience)]
        if len(listed) < paging.fetch * _MORE:
            break
        after = listed[-1].name
    return paging.page(
        rows[: paging.fetch], lambda layer: show_layer(layer, audience), lambda layer: (layer.name,)
    )


@router.post("", status_code=201, response_model=LayerView, responses=document_problems(409))
async def create_layer(
    council: Slug, body: NewLayer, caller: Publisher, writes: TheWrites, once: OnlyOnce
) -> Response:
    """Create a draft of a layer. Nobody sees it on maps until you publish it, or load a file into it."""
    audience = audience_of(caller)

    async def create(session: Session) -> LayerView:
        return show_layer(await definitions.create_layer(session, council, caller, audience, body), audience)

    async with writes.database.writing(council) as session:
        return await once.run(session, caller, body, lambda: create(session), headers=_head)


def _head(view: LayerView) -> dict[str, str]:
    return version_tag(view.version)


@router.get("/{layer}", responses={200: ETAG, **document_problems(404)})
async def get_layer(
    council: Slug, layer: TheName, caller: Reader, session: Reading, response: Response
) -> LayerView:
    """Get a layer."""
    audience = audience_of(caller)
    row = await definitions.find_visible(session, council, layer, audience)
    response.headers.update(version_tag(row.version))
    return show_layer(row, audience)


@router.patch("/{layer}", responses=_CHANGE)
async def change_layer(
    council: Slug,
    layer: TheName,
    body: LayerPatch,
    caller: Publisher,
    writes: TheWrites,
    precondition: IfMatch,
    response: Response,
) -> LayerView:
    """Change what is known of a layer: members that you leave out stay as they are."""
    audience = audience_of(caller)
    async with writes.database.writing(council) as session:
        row = await definitions.find_visible(session, council, layer, audience)
        changed = await definitions.change_layer(session, row, caller, audience, body, precondition)
    return await _finish(writes, changed, response, caller)


@router.post("/{layer}/publish", responses=_CHANGE)
async def publish_layer(
    council: Slug,
    layer: TheName,
    body: LayerAct,
    caller: Publisher,
    writes: TheWrites,
    precondition: IfMatch,
    response: Response,
) -> LayerView:
    """Show a draft on maps and in answers, or a retired layer again."""
    async with writes.database.writing(council) as session:
        row = await definitions.find_visible(session, council, layer, audience_of(caller))
        changed = await definitions.publish_layer(session, row, caller, body.reason, precondition)
    return await _finish(writes, changed, response, caller)


@router.post("/{layer}/retire", responses=_CHANGE)
async def retire_layer(
    council: Slug,
    layer: TheName,
    body: LayerAct,
    caller: Publisher,
    writes: TheWrites,
    precondition: IfMatch,
    response: Response,
) -> LayerView:
    """Take a layer off maps and out of answers. Its versions stay, and you can publish it again."""
    async with writes.database.writing(council) as session:
        row = await definitions.find_visible(session, council, layer, audience_of(caller))
        changed = await definitions.retire_layer(session, row, caller, body.reason, precondition)
    return await _finish(writes, changed, response, caller)


@router.post("/{layer}/restore", responses=_CHANGE)
async def restore_layer(
    council: Slug,
    layer: TheName,
    body: LayerRestore,
    caller: Publisher,
    writes: TheWrites,
    precondition: IfMatch,
    response: Response,
) -> LayerView:
    """Make the layer's features as they were at a version. That is a new version: nothing is lost."""
    async with writes.database.writing(council) as session:
        row = await definitions.find_visible(session, council, layer, audience_of(caller))
        changed = await definitions.restore_layer(
            session, row, caller, body.version, body.reason, precondition
        )
    return await _finish(writes, changed, response, caller)


@router.get("/{layer}/versions", responses=document_problems(404))
async def list_versions(
    council: Slug, layer: TheName, caller: Reader, session: Reading, paging: Paging
) -> Page[VersionView]:
    """List the versions of a layer, latest first: what made each, and how many features it changed."""
    row = await definitions.find_visible(session, council, layer, audience_of(caller))
    start = paging.start(int)
    before = STILL if start is None else max(0, min(start[0], STILL))
    versions = await definitions.list_versions(session, row, before, paging.fetch)
    return paging.page(versions, show_version, lambda each: (each.version,))


@router.get("/{layer}/versions/{version}", responses=document_problems(404))
async def get_version(
    council: Slug, layer: TheName, version: Version, caller: Reader, session: Reading
) -> VersionView:
    """Get a version of a layer."""
    row = await definitions.find_visible(session, council, layer, audience_of(caller))
    return show_version(await definitions.get_version(session, row, version))


@router.get("/{layer}/differences", responses=document_problems(404))
async def list_differences(
    council: Slug,
    layer: TheName,
    caller: Reader,
    session: Reading,
    paging: Paging,
    since: Annotated[int, _VersionQuery],
    until: Annotated[int | None, _VersionQuery] = None,
) -> Page[Difference]:
    """Compare two versions of a layer: list the features that differ, by their numbers."""
    row = await definitions.find_visible(session, council, layer, audience_of(caller))
    latest = row.version if until is None else until
    if max(since, latest) > row.version:
        raise not_found("such version of the layer")
    start = paging.start(int)
    after = -1 if start is None else max(-1, min(start[0], 2**62))
    differences = await features.list_differences(session, row.id, (since, latest), after, paging.fetch)
    return paging.page(
        differences,
        lambda each: Difference.model_validate({"number": each[0], "id": each[1], "change": each[2]}),
        lambda each: (each[0],),
    )


def show_version(row: Row[Any]) -> VersionView:
    """Show a version of a layer as the API does."""
    return VersionView(**{name: getattr(row, name) for name in VersionView.model_fields})


async def _finish(writes: TheWrites, layer: Layer, response: Response, caller: Publisher) -> LayerView:
    await writes.settle(layer, layer.version)
    response.headers.update(version_tag(layer.version))
    return show_layer(layer, audience_of(caller))

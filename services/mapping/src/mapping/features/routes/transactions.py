"""Features created, replaced, changed and deleted by OGC API Features, Part 4 (draft).

QGIS and OWSLib send no ``If-Match``: whether a change needs one is the layer's ``locking``. The state before
is kept in each case, and named by the event.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from chassis.auth import Caller
from chassis.database import Session
from chassis.etags import OptionalIfMatchTag, Tag, TagPrecondition, refuse_without_version
from chassis.idempotency import OnlyOnce
from chassis.problems import Problem, document_problems, invalid
from chassis.types import Slug
from mapping.collections.actions import edits
from mapping.collections.actions.edit_records import Edited, Editor, refuse_national
from mapping.collections.actions.edits import UNSET, Draft
from mapping.collections.routes.access import WRITE, Writer, audience_of, may_write
from mapping.collections.routes.dependencies import LayerWrites, TheWrites
from mapping.collections.rules.layers import Layer
from mapping.collections.schemas.features import MAX_BODY
from mapping.features.actions import reads
from mapping.features.routes.collections import CollectionName, find_layer
from mapping.features.routes.common import PREFIX, Reader, TheReader, find_caller, make_site
from mapping.features.routes.items import FeatureId
from mapping.features.rules.links import GEOJSON, JSON
from mapping.features.schemas import FeatureBody, PatchBody
from mapping.shared.coordinates import Crs

router = APIRouter(prefix=PREFIX, tags=["OGC API Features"])
MERGE_PATCH = "application/merge-patch+json"
_ITEMS, _ITEM = "/collections/{collection}/items", "/collections/{collection}/items/{fid}"
_REASON = "Changed through OGC API Features"
_TAG = {"ETag": {"description": "The feature's entity tag", "schema": {"type": "string"}}}
_PROBLEMS = document_problems(404, 409, 412, 415, 428)
_LARGE = {"x-limits": {"body": MAX_BODY}}


class Transaction:
    """A change of a collection: by whom, and in which system its coordinates are."""

    def __init__(
        self,
        request: Request,
        council: str,
        caller: Caller,
        writes: LayerWrites,
        precondition: TagPrecondition | None,
    ) -> None:
        self.request, self.council, self.caller, self.writes = request, council, caller, writes
        self.precondition = precondition
        self.crs = _read_crs(request.headers.get("content-crs"))

    @property
    def editor(self) -> Editor:
        """Return who changes the feature, and what they may see of it."""
        return Editor(self.caller, audience_of(self.caller), _REASON)

    def find_layer(self, name: str) -> Layer:
        """Find the layer. Raises Problem 403 or 404."""
        snapshots = self.request.app.state.snapshots
        layer = reads.get_layer(snapshots, self.council, name, self.editor.audience)
        if layer.is_national:
            raise refuse_national()
        return layer

    def locate(self, layer: Layer, fid: str) -> str:
        """Return the address of a feature."""
        return make_site(self.request, self.council).url("collections", layer.name, "items", fid)

    async def run(self, layer: Layer, work: Callable[[Session], Awaitable[Edited]]) -> Edited:
        """Change a feature, and wait until its writer reads it here. Raises Problem 428."""
        if self.precondition is None and layer.locking == "required":
            raise refuse_without_version("feature")
        async with self.writes.database.writing(self.council) as session:
            done = await work(session)
        await self.writes.settle(done.layer, done.version)
        return done


async def _begin(
    request: Request,
    council: Slug,
    caller: Writer,
    writes: TheWrites,
    precondition: OptionalIfMatchTag,
    _crs: Annotated[
        str | None,
        Header(alias="Content-Crs", max_length=200, description="The system of the coordinates sent"),
    ] = None,
) -> Transaction:
    return Transaction(request, council, caller, writes, precondition)


TheTransaction = Annotated[Transaction, Depends(_begin)]


def _require_type(*allowed: str) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and kind not in allowed:  # OWSLib names none when it sends a key
            detail = f"Send the feature as {' or '.join(allowed)}, not as {kind[:100]}."
            raise Problem(415, "unsupported-media-type", detail, headers={"Accept": ", ".join(allowed)})

    return check


_AS_FEATURE = Depends(_require_type(GEOJSON, JSON))
_AS_PATCH = Depends(_require_type(MERGE_PATCH, GEOJSON, JSON))


@router.post(
    _ITEMS,
    status_code=201,
    response_class=Response,
    responses={201: {"headers": {**_TAG, "Location": _TAG["ETag"]}}, **_PROBLEMS},
    openapi_extra=_LARGE,
    dependencies=[_AS_FEATURE],
)
async def create_item(
    transaction: TheTransaction,
    collection: CollectionName,
    body: Annotated[FeatureBody, Body(media_type=GEOJSON)],
    once: OnlyOnce,
) -> Response:
    """Add a feature. Its id is its key property, or made here; an ``id`` in the body is ignored."""
    layer = transaction.find_layer(collection)
    draft = Draft(body.properties or {}, body.geometry, transaction.crs)
    done: list[Edited] = []

    async def create(session: Session) -> None:
        done.append(await edits.create_feature(session, layer.id, transaction.editor, draft))

    def head(_: None) -> dict[str, str]:
        feature = done[0].feature
        if feature is None:
            raise ValueError("a created feature is there")
        return {"Location": transaction.locate(layer, feature.fid), "ETag": str(Tag(feature.etag))}

    async with transaction.writes.database.writing(transaction.council) as session:
        response = await once.run(session, transaction.caller, body, lambda: create(session), headers=head)
    if done:
        await transaction.writes.settle(done[0].layer, done[0].version)
    return response


@router.put(
    _ITEM,
    status_code=204,
    response_class=Response,
    responses={204: {"headers": _TAG}, **_PROBLEMS},
    openapi_extra=_LARGE,
    dependencies=[_AS_FEATURE],
)
async def replace_item(
    transaction: TheTransaction,
    collection: CollectionName,
    fid: FeatureId,
    body: Annotated[FeatureBody, Body(media_type=GEOJSON)],
) -> Response:
    """Write a feature in place of what it was. Properties that you may not see stay as they are."""
    layer = transaction.find_layer(collection)
    draft = Draft(body.properties or {}, body.geometry, transaction.crs)

    async def replace(session: Session) -> Edited:
        return await edits.replace_feature(
            session, layer.id, fid, transaction.editor, draft, transaction.precondition
        )

    return _respond(await transaction.run(layer, replace))


@router.patch(
    _ITEM,
    status_code=204,
    response_class=Response,
    responses={204: {"headers": _TAG}, **_PROBLEMS},
    openapi_extra=_LARGE,
    dependencies=[_AS_PATCH],
)
async def update_item(
    transaction: TheTransaction,
    collection: CollectionName,
    fid: FeatureId,
    body: Annotated[PatchBody, Body(media_type=MERGE_PATCH)],
) -> Response:
    """Change some of a feature by a merge patch (RFC 7396): null unsets, what you leave out stays."""
    layer = transaction.find_layer(collection)
    geometry = body.geometry if "geometry" in body.model_fields_set else UNSET
    draft = Draft(body.properties or {}, geometry, transaction.crs, UNSET, UNSET)

    async def update(session: Session) -> Edited:
        return await edits.patch_feature(
            session, layer.id, fid, transaction.editor, draft, transaction.precondition
        )

    return _respond(await transaction.run(layer, update))


@router.delete(_ITEM, status_code=204, response_class=Response, responses=_PROBLEMS)
async def delete_item(transaction: TheTransaction, collection: CollectionName, fid: FeatureId) -> Response:
    """Take a feature off its layer. Its history stays, and the office can undo it."""
    layer = transaction.find_layer(collection)

    async def delete(session: Session) -> Edited:
        return await edits.retire_feature(
            session, layer.id, fid, transaction.editor, transaction.precondition
        )

    return _respond(await transaction.run(layer, delete))


@router.options(_ITEMS, response_class=Response, responses=document_problems(404))
async def list_methods_of_items(reader: TheReader, collection: CollectionName) -> Response:
    """Find what you may do with the features of a layer."""
    return await _list_methods(reader, collection, ("POST",))


@router.options(_ITEM, response_class=Response, responses=document_problems(404))
async def list_methods_of_item(
    reader: TheReader,
    collection: CollectionName,
    fid: FeatureId,  # noqa: ARG001 - it need not be there
) -> Response:
    """Find what you may do with a feature."""
    return await _list_methods(reader, collection, ("PUT", "PATCH", "DELETE"))


async def _list_methods(reader: Reader, collection: str, writing: tuple[str, ...]) -> Response:
    layer = find_layer(reader, collection)
    caller = await find_caller(reader.request)
    may_change = caller is not None and not layer.is_national and may_write(reader.request, caller, WRITE)
    methods = ("GET", "HEAD", "OPTIONS", *(writing if may_change else ()))
    headers = {"Allow": ", ".join(methods), "Cache-Control": "private, no-store"}
    if "PATCH" in methods:
        headers["Accept-Patch"] = MERGE_PATCH
    return Response(None, 200, headers)


def _respond(done: Edited) -> Response:
    headers = {} if done.feature is None else {"ETag": str(Tag(done.feature.etag))}
    return Response(None, 204, headers)


def _read_crs(text: str | None) -> Crs:
    """Read ``Content-Crs: <URI>``; CRS84 without one. Raises Problem 400."""
    if text is None:
        return Crs.CRS84
    try:
        return Crs(text.strip().removeprefix("<").removesuffix(">"))
    except ValueError as error:
        uris = ", ".join(crs.uri for crs in Crs)
        raise invalid("header.Content-Crs", f"is not one of {uris}", "unknown_crs") from error

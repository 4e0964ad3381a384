"""Features of a layer that are written one at a time, and their history."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from chassis.auth import Caller
from chassis.database import Reading, Session
from chassis.etags import ETAG, IfMatchTag, Tag
from chassis.idempotency import OnlyOnce
from chassis.json_values import JsonObject
from chassis.pages import Page, Paging
from chassis.problems import document_problems, invalid, not_found
from chassis.types import Slug
from mapping.collections.actions import definitions, edits, features
from mapping.collections.actions.edit_records import Edited, Editor
from mapping.collections.actions.edits import Draft, tag_of
from mapping.collections.actions.features import Feature, FeatureRecord
from mapping.collections.routes.access import BASE, Reader, Writer, audience_of
from mapping.collections.routes.dependencies import TheWrites
from mapping.collections.routes.layers import TheName
from mapping.collections.rules.layers import Audience, Layer
from mapping.collections.schemas.features import (
    MAX_BODY,
    FeatureId,
    FeatureInput,
    FeaturePatch,
    FeatureRestore,
    FeatureStateView,
    FeatureUndo,
    FeatureView,
    NewFeatureInput,
)
from mapping.collections.schemas.layers import Reason
from mapping.collections.tables import STILL
from mapping.shared.coordinates import Crs

router = APIRouter(prefix=f"{BASE}/layers/{{layer}}/features", tags=["features"])
TheId = Annotated[FeatureId, Path(description="The feature's id in its layer")]
_CHANGE: dict[int | str, dict[str, Any]] = {200: ETAG, **document_problems(404, 409, 412, 428)}
_LARGE = {"x-limits": {"body": MAX_BODY}}
Work = Callable[[Session, Layer, Editor], Awaitable[Edited]]


@router.post(
    "",
    status_code=201,
    response_model=FeatureView,
    responses={201: ETAG, **document_problems(404, 409)},
    openapi_extra=_LARGE,
)
async def create_feature(
    council: Slug, layer: TheName, body: NewFeatureInput, caller: Writer, writes: TheWrites, once: OnlyOnce
) -> Response:
    """Add a feature to a layer. Its id is its key property, else the one you send, else one made here."""
    audience = audience_of(caller)
    done: list[Edited] = []

    async def create() -> FeatureView:
        row = await definitions.find_visible(session, council, layer, audience)
        editor = Editor(caller, audience, body.reason)
        done.append(await edits.create_feature(session, row.id, editor, _draft(body), body.id))
        return show_feature(done[0].layer, _present(done[0]), audience, done[0].notes)

    def head(view: FeatureView) -> dict[str, str]:
        return {"ETag": str(Tag(_present(done[0]).etag)), "Location": _locate(council, layer, view.id)}

    async with writes.database.writing(council) as session:
        response = await once.run(session, caller, body, create, headers=head)
    if done:
        await writes.settle(done[0].layer, done[0].version)
    return response


@router.get("/{feature}", responses={200: ETAG, **document_problems(404)})
async def get_feature(
    council: Slug, layer: TheName, feature: TheId, caller: Reader, session: Reading, response: Response
) -> FeatureView:
    """Get a feature, with the entity tag that a change of it needs."""
    audience = audience_of(caller)
    row = await definitions.find_visible(session, council, layer, audience)
    present = await features.get_feature(session, row.id, feature)
    if present is None:
        raise not_found("such feature")
    response.headers["ETag"] = str(Tag(present.etag))
    return show_feature(row, present, audience)


@router.put("/{feature}", responses=_CHANGE, openapi_extra=_LARGE)
async def replace_feature(
    council: Slug,
    layer: TheName,
    feature: TheId,
    body: FeatureInput,
    caller: Writer,
    writes: TheWrites,
    precondition: IfMatchTag,
    response: Response,
) -> FeatureView:
    """Write a feature in place of what it was. Properties that you may not see stay as they are."""

    async def work(session: Session, row: Layer, editor: Editor) -> Edited:
        return await edits.replace_feature(session, row.id, feature, editor, _draft(body), precondition)

    done = await _change(writes, (council, layer), caller, body.reason, work)
    return _answer(done, caller, response)


@router.patch("/{feature}", responses=_CHANGE, openapi_extra=_LARGE)
async def change_feature(
    council: Slug,
    layer: TheName,
    feature: TheId,
    body: FeaturePatch,
    caller: Writer,
    writes: TheWrites,
    precondition: IfMatchTag,
    response: Response,
) -> FeatureView:
    """Change some of a feature: what you leave out stays, a property that is null is unset (RFC 7396)."""

    async def work(session: Session, row: Layer, editor: Editor) -> Edited:
        return await edits.patch_feature(session, row.id, feature, editor, _draft_patch(body), precondition)

    done = await _change(writes, (council, layer), caller, body.reason, work)
    return _answer(done, caller, response)


@router.delete("/{feature}", status_code=204, responses=document_problems(404, 409, 412, 428))
async def retire_feature(
    council: Slug,
    layer: TheName,
    feature: TheId,
    caller: Writer,
    writes: TheWrites,
    precondition: IfMatchTag,
    reason: Annotated[Reason, Query(description="Why, for the history")],
) -> None:
    """Take a feature off its layer. Its history stays, and the change can be undone."""

    async def work(session: Session, row: Layer, editor: Editor) -> Edited:
        return await edits.retire_feature(session, row.id, feature, editor, precondition)

    await _change(writes, (council, layer), caller, reason, work)


@router.post("/{feature}/undo", response_model=FeatureView | None, responses=_CHANGE)
async def undo_feature_change(
    council: Slug,
    layer: TheName,
    feature: TheId,
    body: FeatureUndo,
    caller: Writer,
    writes: TheWrites,
    precondition: IfMatchTag,
    response: Response,
) -> FeatureView | None:
    """Undo the latest change of a feature. That is a change too. Null: undoing its creation retired it."""

    async def work(session: Session, row: Layer, editor: Editor) -> Edited:
        return await edits.undo_change(session, row.id, feature, editor, precondition)

    done = await _change(writes, (council, layer), caller, body.reason, work)
    return None if done.feature is None else _answer(done, caller, response)


@router.post("/{feature}/restore", response_model=FeatureView, responses=_CHANGE)
async def restore_feature(
    council: Slug,
    layer: TheName,
    feature: TheId,
    body: FeatureRestore,
    caller: Writer,
    writes: TheWrites,
    precondition: IfMatchTag,
    response: Response,
) -> FeatureView:
    """Make a feature as it was from a version of its layer on."""

    async def work(session: Session, row: Layer, editor: Editor) -> Edited:
        return await edits.restore_feature(session, row.id, feature, editor, body.version, precondition)

    done = await _change(writes, (council, layer), caller, body.reason, work)
    return _answer(done, caller, response)


@router.get("/{feature}/history", responses=document_problems(404))
async def list_feature_history(
    council: Slug, layer: TheName, feature: TheId, caller: Reader, session: Reading, paging: Paging
) -> Page[FeatureStateView]:
    """List what a feature was, latest first: who changed it, when and why."""
    audience = audience_of(caller)
    row = await definitions.find_visible(session, council, layer, audience)
    start = paging.start(int)
    before = STILL if start is None else max(0, min(start[0], STILL))
    records = await features.list_history(session, row.id, feature, before, paging.fetch + 1)
    if not records and start is None:
        raise not_found("such feature")
    pairs = list(zip(records, [*records[1:], None], strict=True))[: paging.fetch]
    return paging.page(
        pairs,
        lambda pair: show_state(row, pair[0], pair[1], audience),
        lambda pair: (pair[0].feature.version,),
    )


def show_feature(layer: Layer, feature: Feature, audience: Audience, notes: Any = ()) -> FeatureView:
    """Show a feature to an audience."""
    return FeatureView(
        id=feature.fid,
        number=feature.number,
        geometry=json.loads(feature.geojson),
        properties=show_properties(layer, feature, audience),
        valid_from=feature.valid_from,
        valid_to=feature.valid_to,
        version=feature.version,
        notes=list(notes),
    )


def show_properties(layer: Layer, feature: Feature, audience: Audience) -> dict[str, Any]:
    """Show the properties of a feature that an audience may see, in the schema's order."""
    names = [each.name for each in layer.visible_properties(audience)]
    return {name: feature.properties[name] for name in names if name in feature.properties}


def show_state(
    layer: Layer, record: FeatureRecord, former: FeatureRecord | None, audience: Audience
) -> FeatureStateView:
    """Show a state of a feature after another, or after none."""
    return FeatureStateView.model_validate(
        {
            "version": record.feature.version,
            "change": describe_change(record, former),
            "actor": record.actor,
            "reason": record.reason,
            "created_at": record.created_at,
            "etag": str(Tag(tag_of(record))),
            "geometry": json.loads(record.feature.geojson),
            "properties": show_properties(layer, record.feature, audience),
        }
    )


def describe_change(record: FeatureRecord, former: FeatureRecord | None) -> str:
    """Name what made a state of the one before: created, changed, moved or retired."""
    if record.is_deletion:
        return "retired"
    if former is None or former.is_deletion:
        return "created"
    return "changed" if former.feature.wkb == record.feature.wkb else "moved"


async def _change(
    writes: TheWrites, place: tuple[str, str], caller: Caller, reason: str, work: Work
) -> Edited:
    """Change a feature of a council's layer, and wait until its writer reads it here."""
    audience = audience_of(caller)
    async with writes.database.writing(place[0]) as session:
        row = await definitions.find_visible(session, *place, audience)
        done = await work(session, row, Editor(caller, audience, reason))
    await writes.settle(done.layer, done.version)
    return done


def _answer(done: Edited, caller: Caller, response: Response) -> FeatureView:
    feature = _present(done)
    response.headers["ETag"] = str(Tag(feature.etag))
    return show_feature(done.layer, feature, audience_of(caller), done.notes)


def _present(done: Edited) -> Feature:
    if done.feature is None:
        raise ValueError("a created feature is there")
    return done.feature


def _locate(council: str, layer: str, fid: str) -> str:
    return f"/{council}/mapping/v1/layers/{layer}/features/{fid}"


def _draft(body: FeatureInput) -> Draft:
    return Draft(body.properties, body.geometry, _read_crs(body.crs), body.valid_from, body.valid_to)


def _draft_patch(body: FeaturePatch) -> Draft:
    present = body.model_fields_set
    values: dict[str, JsonObject | Any] = {
        name: getattr(body, name) if name in present else edits.UNSET
        for name in ("geometry", "valid_from", "valid_to")
    }
    return Draft(body.properties, crs=_read_crs(body.crs), **values)


def _read_crs(uri: str | None) -> Crs:
    try:
        return Crs.CRS84 if uri is None else Crs(uri)
    except ValueError as error:
        uris = ", ".join(crs.uri for crs in Crs)
        raise invalid("body.crs", f"is not one of {uris}", "unknown_crs") from error

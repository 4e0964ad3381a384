"""Features that people and programs change one at a time: each change is a version of their layer.

Every change needs its reason, is checked against the layer's schema, is in the audit, and has its event. What
a writer may not see of a feature stays as it is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shapely.geometry.base import BaseGeometry

from chassis import ids
from chassis.database import Session
from chassis.etags import TagPrecondition
from chassis.problems import FieldError, Problem, conflict, not_found
from mapping.collections.actions import features
from mapping.collections.actions.edit_records import (
    Edited,
    Editor,
    lock_editable,
    make_cause,
    record_edit,
    write_state,
)
from mapping.collections.actions.features import Feature, FeatureRecord
from mapping.collections.actions.publication import publication
from mapping.collections.rules.feature_ids import choose_id, keep_id
from mapping.collections.rules.layers import Layer
from mapping.collections.rules.places import Place, PlaceError, fit_place, read_place
from mapping.collections.rules.states import NewFeature
from mapping.collections.rules.values import Fault, patch_values, replace_values
from mapping.collections.tables import STILL
from mapping.shared.coordinates import Crs

UNSET = object()
"""A member that a patch leaves as it is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A feature as it is sent: ``geometry`` is GeoJSON or a shape, in ``crs``.

    ``UNSET`` members of a patch stay as they are.
    """

    properties: Mapping[str, Any]
    geometry: Any = None
    crs: Crs = Crs.CRS84
    valid_from: Any = None
    valid_to: Any = None


async def create_feature(
    session: Session, layer_id: UUID, editor: Editor, draft: Draft, fid: str | None = None
) -> Edited:
    """Add a feature. Raises Problem 400 if it does not fit the layer, 404, 409 if the id is in use."""
    layer = await lock_editable(session, layer_id, editor)
    visible = layer.visible_properties(editor.audience)
    properties, faults = replace_values(layer.properties, visible, {}, draft.properties)
    fid, key_faults = choose_id(layer, properties, fid, ids.show(ids.new()))
    place = await _read_place(layer, draft, (*faults, *key_faults))
    if await features.get_feature(session, layer.id, fid) is not None:
        raise conflict(
            "feature-exists", f"The layer has a feature {fid!r}. Change that one, or choose an id."
        )
    new = NewFeature(fid, place.geometry, properties, draft.valid_from, draft.valid_to)
    return await write_state(session, layer, editor, None, new, place.notes)


async def replace_feature(
    session: Session,
    layer_id: UUID,
    fid: str,
    editor: Editor,
    draft: Draft,
    precondition: TagPrecondition | None,
) -> Edited:
    """Write a feature in place of what it was. Raises Problem 400, 404, 409, 412."""
    layer = await lock_editable(session, layer_id, editor)
    before = await _get(session, layer, fid, precondition)
    visible = layer.visible_properties(editor.audience)
    properties, faults = replace_values(layer.properties, visible, before.properties, draft.properties)
    place = await _read_place(layer, draft, (*faults, *keep_id(layer, before.properties, properties)))
    new = NewFeature(fid, place.geometry, properties, draft.valid_from, draft.valid_to)
    return await write_state(session, layer, editor, before, new, place.notes)


async def patch_feature(
    session: Session,
    layer_id: UUID,
    fid: str,
    editor: Editor,
    draft: Draft,
    precondition: TagPrecondition | None,
) -> Edited:
    """Change some of a feature by a merge patch. Raises Problem 400, 404, 409, 412."""
    layer = await lock_editable(session, layer_id, editor)
    before = await _get(session, layer, fid, precondition)
    visible = layer.visible_properties(editor.audience)
    properties, faults = patch_values(layer.properties, visible, before.properties, draft.properties)
    faults = (*faults, *keep_id(layer, before.properties, properties))
    if draft.geometry is UNSET:
        _require_no(faults)
    place = Place(before.geometry) if draft.geometry is UNSET else await _read_place(layer, draft, faults)
    new = NewFeature(
        fid,
        place.geometry,
        properties,
        before.valid_from if draft.valid_from is UNSET else draft.valid_from,
        before.valid_to if draft.valid_to is UNSET else draft.valid_to,
    )
    return await write_state(session, layer, editor, before, new, place.notes)


async def retire_feature(
    session: Session, layer_id: UUID, fid: str, editor: Editor, precondition: TagPrecondition | None
) -> Edited:
    """Take a feature off its layer; its history stays. Raises Problem 404, 409, 412."""
    layer = await lock_editable(session, layer_id, editor)
    before = await _get(session, layer, fid, precondition)
    async with publication(session, layer.id, make_cause(editor)) as change:
        await change.remove([fid])
    await record_edit(session, layer, editor, "feature-retired", before, None)
    return Edited(layer, None, change.version)


async def undo_change(
    session: Session, layer_id: UUID, fid: str, editor: Editor, precondition: TagPrecondition
) -> Edited:
    """Undo the latest change of a feature by another change. Raises Problem 404, 409, 412."""
    layer = await lock_editable(session, layer_id, editor)
    records = await features.list_history(session, layer.id, fid, STILL, 2)
    if not records:
        raise not_found("such feature")
    precondition.check(tag_of(records[0]), "feature")
    former = records[1] if len(records) > 1 and not records[1].is_deletion else None
    if former is None:
        return await retire_feature(session, layer_id, fid, editor, None)
    return await _write_former(session, layer, editor, records[0], former)


async def restore_feature(
    session: Session, layer_id: UUID, fid: str, editor: Editor, version: int, precondition: TagPrecondition
) -> Edited:
    """Make a feature as it was from a version of its layer on. Raises Problem 404, 409, 412."""
    layer = await lock_editable(session, layer_id, editor)
    latest = await features.list_history(session, layer.id, fid, STILL, 1)
    former = await features.list_history(session, layer.id, fid, version + 1, 1)
    if not latest or not former or former[0].is_deletion:
        raise not_found("such state of the feature")
    precondition.check(tag_of(latest[0]), "feature")
    return await _write_former(session, layer, editor, latest[0], former[0])


def tag_of(record: FeatureRecord) -> str:
    """Return the text of a state's entity tag; of a deletion, which has no content, its version's."""
    return f"gone-{record.feature.version}" if record.is_deletion else record.feature.etag


async def _get(session: Session, layer: Layer, fid: str, precondition: TagPrecondition | None) -> Feature:
    feature = await features.get_feature(session, layer.id, fid)
    if precondition is not None:
        precondition.check(None if feature is None else feature.etag, "feature")
    if feature is None:
        raise not_found("such feature")
    return feature


async def _read_place(layer: Layer, draft: Draft, faults: Sequence[Fault]) -> Place:
    """Read the place in a thread. Raises Problem 400 with all that is wrong with the feature."""
    try:
        make_place = fit_place if isinstance(draft.geometry, BaseGeometry) else read_place
        place = await asyncio.to_thread(make_place, layer, draft.geometry, draft.crs)
    except PlaceError as error:
        raise _refuse([*faults, error.fault]) from error
    _require_no(faults)
    return place


def _require_no(faults: Sequence[Fault]) -> None:
    if faults:
        raise _refuse(faults)


def _refuse(faults: Sequence[Fault]) -> Problem:
    errors = [
        FieldError(
            field=f"body.{'' if fault.field == 'geometry' else 'properties.'}{fault.field}",
            message=fault.message,
            code=fault.code,
        )
        for fault in faults
    ]
    detail = "The feature does not fit its layer; see errors."
    return Problem(400, "invalid-feature", detail, errors=errors)


async def _write_former(
    session: Session, layer: Layer, editor: Editor, latest: FeatureRecord, former: FeatureRecord
) -> Edited:
    """Write a former state again. What the editor may not see stays as it is now, if the feature is there."""
    before = None if latest.is_deletion else latest.feature
    properties = dict(former.feature.properties)
    if before is not None:
        visible = {each.name for each in layer.visible_properties(editor.audience)}
        properties = {name: value for name, value in properties.items() if name in visible}
        properties |= {name: value for name, value in before.properties.items() if name not in visible}
    state = former.feature
    new = NewFeature(state.fid, state.geometry, properties, state.valid_from, state.valid_to)
    return await write_state(session, layer, editor, before, new, ())

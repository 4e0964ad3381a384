"""What all changes of a feature share: who may, the version of the layer that it makes, and the audit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import audit
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem, conflict, not_found
from mapping.collections.actions import features
from mapping.collections.actions.features import Feature
from mapping.collections.actions.layers import lock_layer
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.layers import Audience, Layer
from mapping.collections.rules.states import NewFeature, make_states

AGGREGATE = "mapping.feature"


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes a feature, what they may see of it, and why they do it."""

    caller: Caller
    audience: Audience
    reason: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A feature after its change: None when it is gone. ``version``: the layer's, which readers wait for."""

    layer: Layer
    feature: Feature | None
    version: int
    notes: Sequence[str] = ()


async def lock_editable(session: Session, layer_id: UUID, editor: Editor) -> Layer:
    """Lock a layer that an editor may change. Raises Problem 403, 404 or 409."""
    layer = await lock_layer(session, layer_id)
    if not layer.visible_to(editor.audience):
        raise not_found("such layer")
    if layer.is_national:
        raise refuse_national()
    if layer.status == "retired":
        raise conflict("layer-retired", "The layer is retired. Publish it before you change its features.")
    return layer


async def write_state(
    session: Session,
    layer: Layer,
    editor: Editor,
    before: Feature | None,
    new: NewFeature,
    notes: Sequence[str],
) -> Edited:
    """Write a state as a version of its layer; one that is equal is none."""
    [state] = await asyncio.to_thread(make_states, layer, [new])
    if before is not None and before.etag == state.etag:
        return Edited(layer, before, layer.version, notes)
    async with publication(session, layer.id, make_cause(editor)) as change:
        await change.put([state])
    after = await features.get_feature(session, layer.id, state.fid)
    act = "feature-created" if before is None else "feature-changed"
    await record_edit(session, layer, editor, act, before, after)
    return Edited(layer, after, change.version, notes)


def make_cause(editor: Editor) -> Cause:
    """Make the cause of a version: for who acts for somebody, the one who acts."""
    return Cause("edit", editor.caller.actor or editor.caller.subject, editor.reason)


async def record_edit(
    session: Session, layer: Layer, editor: Editor, act: str, before: Feature | None, after: Feature | None
) -> None:
    """Record a change of a feature in the audit."""
    feature = after or before
    if feature is None:
        raise ValueError("a change is of a feature")
    changes = audit.compare(_describe(before), _describe(after))
    await audit.record(
        session,
        layer.council,
        audit.by_staff(editor.caller),
        act,
        AGGREGATE,
        str(feature.number),
        changes={"layer": str(layer.id), "feature": feature.fid, **changes},
        personal={"reason": [None, editor.reason]},
    )


def _describe(feature: Feature | None) -> dict[str, Any]:
    if feature is None:
        return {}
    return {
        "properties": dict(feature.properties),
        "geometry": feature.geojson_storage,
        "valid_from": None if feature.valid_from is None else feature.valid_from.isoformat(),
        "valid_to": None if feature.valid_to is None else feature.valid_to.isoformat(),
    }


def refuse_national() -> Problem:
    """Make the 403 for a change of a layer that stands once for all councils."""
    return Problem(403, "national-layer", "This layer is the same for all councils: the operator loads it.")

"""What a council decides of its layers: created, changed, published, retired, restored; each in the audit."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from chassis import audit, ids, outbox
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found
from mapping.collections.actions import layers
from mapping.collections.actions.publication import Cause, publication
from mapping.collections.rules.layers import Audience, Layer
from mapping.collections.schemas.layers import LayerPatch, NewLayer, check_properties
from mapping.collections.store import layers as store
from mapping.events import CollectionPublished

AGGREGATE = "mapping.collection"
_DECIDED = (*LayerPatch.model_fields, "status")


async def find_visible(session: ReadSession, council: str, name: str, audience: Audience) -> Layer:
    """Get a layer of a council that an audience may see. Raises Problem 404."""
    layer = await layers.get_layer(session, council, name)
    if not layer.visible_to(audience):
        raise not_found(f"layer {name}")
    return layer


async def create_layer(
    session: Session, council: str, caller: Caller, audience: Audience, body: NewLayer
) -> Layer:
    """Create a draft of a layer. Raises Problem 400, 409."""
    _require_audience(audience, body.model_dump())
    layer = await layers.create_layer(session, council, _actor(caller), _to_values(body.model_dump()))
    await _record(session, caller, "layer-created", {}, layer, "")
    return layer


async def change_layer(
    session: Session,
    layer: Layer,
    caller: Caller,
    audience: Audience,
    patch: LayerPatch,
    precondition: Precondition,
) -> Layer:
    """Change what is known of a layer. Raises Problem 400, 404, 409, 412."""
    locked = await _lock(session, layer, precondition)
    changes = patch.list_changes()
    _require_audience(audience, changes)
    if "properties" in changes:
        changes["properties"] = _keep_hidden(locked, audience, changes["properties"])
    _check(locked, changes)
    if "name" in changes and changes["name"] != locked.name:
        await _require_free(session, locked.council, changes["name"])
    changed = await layers.change_layer(session, locked, _actor(caller), _to_values(changes))
    await _record(session, caller, "layer-changed", _describe(locked), changed, "")
    return changed


async def publish_layer(
    session: Session, layer: Layer, caller: Caller, reason: str, precondition: Precondition
) -> Layer:
    """Show a draft, or a retired layer again. Raises Problem 404, 409, 412."""
    locked = await _lock(session, layer, precondition)
    published = await _set_status(session, locked, caller, "published", reason)
    event = CollectionPublished(
        layer=published.name,
        collection=published.id,
        cause="publish",
        vintage=published.vintage,
        added=0,
        changed=0,
        moved=0,
        deleted=0,
    )
    await outbox.add(
        session,
        event,
        council=published.council,
        subject=ids.show(published.id),
        sequence=published.version,
    )
    return published


async def retire_layer(
    session: Session, layer: Layer, caller: Caller, reason: str, precondition: Precondition
) -> Layer:
    """Take a layer from every map and answer; nothing of it is deleted. Raises Problem 404, 409, 412."""
    locked = await _lock(session, layer, precondition)
    return await _set_status(session, locked, caller, "retired", reason)


async def restore_layer(
    session: Session, layer: Layer, caller: Caller, version: int, reason: str, precondition: Precondition
) -> Layer:
    """Make a layer's features as they were at a version, as a new version. Raises Problem 404, 409, 412."""
    locked = await _lock(session, layer, precondition)
    if version > locked.version or await store.get_version(session, locked.id, version) is None:
        raise not_found("such version of the layer")
    async with publication(session, locked.id, Cause("restore", _actor(caller), reason)) as change:
        await change.restore(version)
    restored = await layers.lock_layer(session, locked.id)
    await _record(session, caller, "layer-restored", {**_describe(locked), "version": None}, restored, reason)
    return restored


async def list_versions(session: ReadSession, layer: Layer, before: int, most: int) -> Sequence[Row[Any]]:
    """List the versions of a layer before one, latest first."""
    return await store.list_versions(session, layer.id, before, most)


async def get_version(session: ReadSession, layer: Layer, version: int) -> Row[Any]:
    """Get a version of a layer. Raises Problem 404."""
    row = await store.get_version(session, layer.id, version)
    if row is None:
        raise not_found("such version of the layer")
    return row


async def _lock(session: Session, layer: Layer, precondition: Precondition) -> Layer:
    locked = await layers.lock_layer(session, layer.id)
    precondition.check(locked.version, "layer")
    return locked


async def _set_status(session: Session, layer: Layer, caller: Caller, status: str, reason: str) -> Layer:
    if layer.status == status:
        raise conflict(f"layer-{status}", f"The layer is {status} already.")
    changed = await layers.change_layer(session, layer, _actor(caller), {"status": status})
    await _record(session, caller, f"layer-{status}", _describe(layer), changed, reason)
    return changed


async def _require_free(session: Session, council: str, name: str) -> None:
    if await layers.find_layer(session, council, name) is not None:
        raise conflict("layer-name-taken", f"This council has a layer named {name}. Choose another name.")


def _require_audience(audience: Audience, values: Mapping[str, Any]) -> None:
    """Refuse to hide what its writer could not see afterwards. Raises Problem 400."""
    order = ("public", "staff", "restricted")
    needed = [values.get("audience", "public"), *(each["audience"] for each in values.get("properties", ()))]
    if any(order.index(each) > order.index(audience) for each in needed):
        raise invalid("body.audience", "is for an audience that you are not of", "audience_too_high")


def _keep_hidden(
    layer: Layer, audience: Audience, properties: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Add the properties that the writer may not see to those that they sent."""
    visible = {each.name for each in layer.visible_properties(audience)}
    hidden = [each._asdict() for each in layer.properties if each.name not in visible]
    names = {each["name"] for each in properties}
    return [*map(dict, properties), *(each for each in hidden if each["name"] not in names)]


def _check(layer: Layer, changes: Mapping[str, Any]) -> None:
    """Check that the properties that a layer refers to stay. Raises Problem 400."""
    properties = changes.get("properties", [each._asdict() for each in layer.properties])
    roles = ("key_property", "label_property", "code_property")
    values = {role: changes.get(role, getattr(layer, role)) for role in roles}
    try:
        check_properties({each["name"] for each in properties}, len(properties), values)
    except ValueError as error:
        raise invalid("body.properties", str(error), "bad_properties") from error


def _to_values(values: Mapping[str, Any]) -> dict[str, Any]:
    order = ("name", "title", "type", "audience", "required", "values")
    columns = dict(values)
    if "properties" in columns:
        columns["properties"] = [tuple(each[name] for name in order) for each in columns["properties"]]
    return columns


def _actor(caller: Caller) -> str:
    return caller.actor or caller.subject


def _describe(layer: Layer) -> dict[str, Any]:
    values = {name: getattr(layer, name) for name in _DECIDED}
    return {**values, "properties": [each._asdict() for each in layer.properties], "version": layer.version}


async def _record(
    session: Session, caller: Caller, act: str, before: Mapping[str, Any], layer: Layer, reason: str
) -> None:
    await audit.record(
        session,
        layer.council,
        audit.by_staff(caller),
        act,
        AGGREGATE,
        ids.show(layer.id),
        changes=audit.compare(before, _describe(layer)),
        personal={"reason": [None, reason]} if reason else None,
    )

"""The id of a feature: its key property if its layer has one. An id is for ever. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Layer
from mapping.collections.rules.values import Fault

MAX_ID = 200
_SEPARATORS = frozenset("/?#")


def choose_id(
    layer: Layer, properties: dict[str, Any], requested: str | None, new: str
) -> tuple[str, Sequence[Fault]]:
    """Choose a new feature's id: its key property, else the one that is sent, else ``new``.

    A key property that is text and was left out gets the id.
    """
    key = layer.key_property
    value = properties.get(key) if key else None
    if value is None:
        chosen = new if requested is None else requested
        if any(each.name == key and each.type == "string" for each in layer.properties):
            properties[key] = chosen
        return chosen, ()
    if requested is not None and requested != str(value):
        return requested, [Fault(key, "not_the_id", f"is the feature's id, and the id sent is {requested!r}")]
    return str(value), _check_id(key, str(value))


def keep_id(layer: Layer, before: Mapping[str, Any], properties: Mapping[str, Any]) -> Sequence[Fault]:
    """Find a change of the key property."""
    key = layer.key_property
    if not key or properties.get(key) == before.get(key):
        return ()
    return [Fault(key, "id_changed", "is the feature's id, which cannot change")]


def _check_id(key: str, value: str) -> Sequence[Fault]:
    if len(value) <= MAX_ID and value.isprintable() and not _SEPARATORS & set(value):
        return ()
    return [Fault(key, "bad_id", f"is the id: up to {MAX_ID} characters, without / ? #")]

"""The id of a feature: its key property if its layer has one. An id is for ever. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from mapping.collections.rules.layers import Layer
from mapping.collections.rules.values import Fault

MAX_ID = 200
_SEPARATORS = frozenset("/\\?#")


def write_id(value: str) -> str:
    """Write the id of a key: what cannot stand in the path of a URL becomes "~", as in 24~00123~TPO.

    A gateway refuses a slash in a path also when it is escaped, and takes dots away. The key itself stays
    what it is.
    """
    if value in (".", ".."):
        return "~" * len(value)
    return "".join("~" if each in _SEPARATORS or not each.isprintable() else each for each in value)


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
    fid = write_id(str(value))
    if requested is not None and requested != fid:
        return requested, [Fault(key, "not_the_id", f"is the feature's id, and the id sent is {requested!r}")]
    return fid, _check_id(key, fid)


def keep_id(layer: Layer, before: Mapping[str, Any], properties: Mapping[str, Any]) -> Sequence[Fault]:
    """Find a change of the key property."""
    key = layer.key_property
    if not key or properties.get(key) == before.get(key):
        return ()
    return [Fault(key, "id_changed", "is the feature's id, which cannot change")]


def _check_id(key: str, value: str) -> Sequence[Fault]:
    if len(value) <= MAX_ID:
        return ()
    return [Fault(key, "bad_id", f"is the id: up to {MAX_ID} characters")]

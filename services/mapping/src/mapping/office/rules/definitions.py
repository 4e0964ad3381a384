"""What is known of a layer as a form: one property in each line. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from mapping.collections.rules.layers import Audience, Layer, Property

Get = Callable[[str, int], str]
_WORDS = ("title", "keeper", "licence", "licence_url", "attribution", "vintage", "source_url")
_CHOICES = ("kind", "audience", "locking")
_FIXED = ("name", "geometry_type", "key_property")
_ROLES = ("label_property", "code_property")
LENGTHS: Mapping[str, int] = {
    "version": 10,
    **dict.fromkeys((*_CHOICES, *_FIXED, *_ROLES, "area_type", "synthetic"), 60),
    **dict.fromkeys((*_WORDS,), 500),
    "description": 5_000,
    "properties": 20_000,
}
"""Characters of each field of the form."""
_EXPLANATIONS = {
    "name": "Use small letters, digits and hyphens, beginning with a letter: grit-bins",
    "title": "Enter a title, up to 200 characters",
    "licence_url": "Enter an address that begins with https://",
    "source_url": "Enter an address that begins with https://",
    "area_type": "Enter MapIt's code of three letters, such as UTW, or nothing",
    "kind": "Choose what kind of things the layer has",
    "geometry_type": "Choose the shape of its features",
    "audience": "Choose who sees the layer",
}
_NEEDED = "needed"


def read_new(get: Get) -> dict[str, Any]:
    """Read the form of a new layer."""
    return {**read_settings(get), **{name: get(name, LENGTHS[name]) for name in _FIXED}}


def read_settings(get: Get) -> dict[str, Any]:
    """Read what may change of a layer."""
    names = (*_WORDS, *_CHOICES, *_ROLES, "area_type", "description")
    values: dict[str, Any] = {name: get(name, LENGTHS[name]) for name in names}
    values["synthetic"] = get("synthetic", 3) == "yes"
    values["properties"] = _read_properties(get("properties", LENGTHS["properties"]))
    return values


def _read_properties(text: str) -> list[dict[str, Any]]:
    """Read a property in each line: ``name | title | type | audience | needed | value; value``."""
    return [_read_property(line) for line in text.splitlines() if line.strip()]


def _read_property(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split("|")]
    name, title, kind, audience, needed, values = [*parts, *[""] * 6][:6]
    return {
        "name": name,
        "title": title or name,
        "type": kind or "string",
        "audience": audience or "public",
        "required": needed == _NEEDED,
        "values": [value.strip() for value in values.split(";") if value.strip()],
    }


def write(layer: Layer, audience: Audience) -> dict[str, str]:
    """Write a layer as the form has it, with the properties that its reader may see."""
    names = (*_WORDS, *_CHOICES, *_ROLES, "area_type", "description")
    values = {name: str(getattr(layer, name)) for name in names}
    return {
        **values,
        "version": str(layer.version),
        "synthetic": "yes" if layer.synthetic else "no",
        "properties": "\n".join(map(write_property, layer.visible_properties(audience))),
    }


def write_property(each: Property) -> str:
    """Write a property as a line of the form."""
    needed = _NEEDED if each.required else ""
    parts = (each.name, each.title, each.type, each.audience, needed, "; ".join(each.values))
    return " | ".join(parts).rstrip(" |")


def explain(name: str, message: str) -> str:
    """Say what to do about a wrong value of the form."""
    if name == "properties":
        return f"Check the lines of the properties: {message}"
    return _EXPLANATIONS.get(name, message)

"""The description of layers that lie in a folder as files, for an operator who loads them at once. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from mapping.collections.rules.layers import Audience, GeometryType, Kind
from mapping.shared.councils import NATIONAL

_ANY_COUNCIL = "*"
_TEXTS = (
    "name title description keeper licence licence_url attribution vintage source_url key_property"
    " label_property code_property area_type"
)
_CHOICES = {
    "kind": get_args(Kind),
    "geometry_type": get_args(GeometryType),
    "audience": get_args(Audience),
    "storage_srid": (27700, 84),
    "locking": ("optional", "required"),
}
_DEFAULTS = {"audience": "public", "storage_srid": 27700, "locking": "optional"}
_LONDON = ZoneInfo("Europe/London")


class ManifestError(ValueError):
    """A manifest that cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """A layer of a manifest: its file, and every value that a layer is created with."""

    council: str
    file: str
    values: Mapping[str, Any]
    valid_from: datetime | None
    valid_to: datetime | None

    def make_reason(self, digest: str) -> str:
        """Say why the layer changes; the same file with the same description has the same reason."""
        described = json.dumps([self.values, str(self.valid_from), str(self.valid_to)], sort_keys=True)
        fingerprint = hashlib.sha256((digest + described).encode()).hexdigest()[:16]
        return f"Loaded {self.file} ({fingerprint})"


def read_manifest(content: Any) -> list[LayerEntry]:
    """Read a manifest: an object with ``layers``. Raises ManifestError."""
    if not isinstance(content, dict) or not isinstance(content.get("layers"), list):
        raise ManifestError("A manifest is an object with a list of layers.")
    return [_read_entry(entry) for entry in content["layers"]]


def _read_entry(entry: Any) -> LayerEntry:
    name = entry.get("name") if isinstance(entry, dict) else None
    try:
        values: dict[str, Any] = {key: str(entry.get(key) or "") for key in _TEXTS.split()}
        for key, choices in _CHOICES.items():
            values[key] = entry.get(key, _DEFAULTS.get(key))
            if values[key] not in choices:
                raise ManifestError(f"Layer {name}: {key} is one of {', '.join(map(str, choices))}.")
        values |= {"synthetic": bool(entry.get("synthetic")), "style": dict(entry.get("style") or {})}
        values["properties"] = [_read_property(each) for each in entry.get("properties") or []]
        council = NATIONAL if entry["council"] == _ANY_COUNCIL else str(entry["council"])
        dates = (_read_day(entry.get("valid_from")), _read_day(entry.get("valid_to")))
        return LayerEntry(council, str(entry["file"]), values, *dates)
    except ManifestError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"Layer {name}: {type(error).__name__} {error}.") from None


def _read_property(each: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        each["name"],
        each.get("title") or each["name"],
        each.get("type", "string"),
        each.get("audience", "public"),
        bool(each.get("required")),
        tuple(each.get("values") or ()),
    )


def _read_day(text: str | None) -> datetime | None:
    """Read a day as the moment at which it begins in Britain."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=_LONDON)

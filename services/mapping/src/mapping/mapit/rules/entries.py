"""The areas of a layer, each as MapIt tells it, by its place in the layer's snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mapping.collections.rules.layers import Layer
from mapping.mapit.rules.generations import Generations
from mapping.mapit.rules.words import COUNTRIES, NAME_TYPES, find_code_type, find_country, name_type
from mapping.snapshots.rules.snapshot import Snapshot

# Properties that layers of areas have by convention, where MapIt knows more than a name and a code.
TYPE, PARENT, FORMER, UNIT = "area_type", "parent_code", "former_code", "unit_id"
_KEEPERS = {"Ordnance Survey": "O", "Office for National Statistics": "S"}


class Entry(NamedTuple):
    """An area. ``start`` and ``end`` are microseconds since 1970."""

    number: int
    name: str
    type: str
    code: str
    parent_code: str
    codes: Mapping[str, str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entries:
    """All areas of a layer at a version."""

    by_index: Mapping[int, Entry]
    by_code: Mapping[str, tuple[int, ...]]
    types: frozenset[str]
    moments: frozenset[int]

    def list_by_code(self, code: str) -> Iterable[Entry]:
        """List the areas of a code: several, where boundaries changed and the code did not."""
        return [self.by_index[index] for index in self.by_code.get(code, ())]


def has_areas(layer: Layer) -> bool:
    """Check whether MapIt shows a layer: it has a kind of area, and everybody may see it."""
    names = {each.name for each in layer.properties}
    return layer.audience == "public" and bool(layer.area_type or TYPE in names)


def read_entries(snapshot: Snapshot) -> Entries:
    """Read the areas of a snapshot, some 10 microseconds each: call it in a thread."""
    indices = snapshot.order.tolist()
    entries = {index: _read_entry(snapshot, index) for index in indices}
    areas = {index: entry for index, entry in entries.items() if entry.type}
    codes: dict[str, list[int]] = {}
    for index, entry in areas.items():
        if entry.code:
            codes.setdefault(entry.code, []).append(index)
    moments = {moment for entry in areas.values() for moment in (entry.start, entry.end)}
    return Entries(
        areas,
        {code: tuple(places) for code, places in codes.items()},
        frozenset(entry.type for entry in areas.values()),
        frozenset(moments),
    )


def _read_entry(snapshot: Snapshot, index: int) -> Entry:
    layer, values = snapshot.layer, snapshot.properties(index)
    public = {each.name for each in layer.visible_properties("public")}
    texts = {name: str(value) for name, value in values.items() if name in public and value is not None}
    code = texts.get(layer.code_property, "")
    codes = {find_code_type(code) or "ons": code} if code else {}
    if former := texts.get(FORMER):
        codes["ons"] = former
    if (unit := texts.get(UNIT, "0")) != "0":
        codes["unit_id"] = unit
    return Entry(
        int(snapshot.numbers[index]),
        texts.get(layer.label_property, snapshot.fids[index]),
        texts.get(TYPE, layer.area_type),
        code,
        texts.get(PARENT, ""),
        codes,
        int(snapshot.arrays.valid_from[index]),
        int(snapshot.arrays.valid_to[index]),
    )


def describe(
    entry: Entry, parent: int | None, generations: Generations, layer: Layer | None = None
) -> dict[str, Any]:
    """Make MapIt's object of an area; with its layer the names too."""
    low, high = generations.bound(entry.start, entry.end)
    country = find_country(entry.code, entry.parent_code)
    return {
        "id": entry.number,
        "name": entry.name,
        "parent_area": parent,
        "type": entry.type,
        "type_name": name_type(entry.type),
        "country": country,
        "country_name": COUNTRIES[country],
        "generation_low": low,
        "generation_high": high,
        "codes": dict(entry.codes),
        "all_names": {} if layer is None else _list_names(entry, layer),
    }


def _list_names(entry: Entry, layer: Layer) -> dict[str, list[str]]:
    kind = _KEEPERS.get(layer.keeper, "M")
    return {kind: [NAME_TYPES[kind], entry.name]}

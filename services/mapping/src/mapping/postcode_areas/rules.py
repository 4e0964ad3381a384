"""Which area of each kind a postcode has: that of most of its properties."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
# MapIt's types of areas whose codes postcodes.io has.
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("COP", "DIW", "LBW", "MTW", "UTE", "UTW"), "ward"),
    **dict.fromkeys(("COI", "DIS", "LBO", "LGD", "MTD", "UTA"), "district"),
    "CED": "county-division",
    "CPC": "parish",
    "CTY": "county",
    "WMC": "constituency",
}
MOST_NAME = 200  # characters
_GSS = re.compile(r"[EKNSW][0-9]{8}")


def is_gss(code: str) -> bool:
    """Check whether a code is the Office for National Statistics' for an area."""
    return _GSS.fullmatch(code) is not None


def choose_areas(postcodes: Indices, points: Indices, ranks: Indices) -> dict[int, int]:
    """Choose a layer's area for each postcode: the one that most of its properties are in.

    ``postcodes`` has the postcode of each point, from 0. ``points`` and ``ranks`` are pairs of a point and an
    area's place in the order of codes: on a border the smaller code counts, and so it does among areas with
    as many properties. A postcode most of whose properties are in none has none.
    """
    order = np.lexsort((ranks, points))
    primary = order[_is_first(points[order])]
    pairs, counts = np.unique(
        np.stack((postcodes[points[primary]], ranks[primary])), axis=1, return_counts=True
    )
    outside = np.bincount(postcodes) - np.bincount(postcodes[points[primary]], minlength=postcodes.max() + 1)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    most = order[_is_first(pairs[0][order])]
    most = most[counts[most] >= outside[pairs[0][most]]]
    return dict(zip(pairs[0][most].tolist(), pairs[1][most].tolist(), strict=True))


def _is_first(ordered: Indices) -> NDArray[np.bool_]:
    """Mark the first of equal values that stand together."""
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return first


def describe_outcode(
    outcode: str,
    incodes: Sequence[str],
    searched: Mapping[str, int],
    chosen: Sequence[Mapping[int, Mapping[str, Any]]],
) -> dict[str, Any]:
    """Describe an outcode as its event does. ``chosen``: of each layer, own ones first, areas by postcode.

    The first layer of a kind that has an area for a postcode counts.
    """
    places: dict[tuple[str, ...], int] = {}
    areas: list[Mapping[str, Any]] = []
    postcodes: dict[str, list[int]] = {}
    for index, incode in enumerate(incodes):
        by_kind: dict[str, Mapping[str, Any]] = {}
        for by_postcode in chosen:
            if index in by_postcode:
                area = by_postcode[index]
                by_kind.setdefault(area["kind"], area)
        for area in by_kind.values():
            key = tuple(area.values())
            if key not in places:
                places[key] = len(areas)
                areas.append(area)
        if by_kind:
            postcodes[incode] = [places[tuple(area.values())] for area in by_kind.values()]
    return {"outcode": outcode, "searched": dict(searched), "areas": areas, "postcodes": postcodes}

"""Decide in which coordinates a file is: what it says, what a person says, or a guess by range. Pure."""

from dataclasses import dataclass

from mapping.files.rules.limits import FileRefusedError
from mapping.files.rules.reports import LONGITUDE_LATITUDE, NATIONAL_GRID

Bounds = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""
WEB_MERCATOR = 3857
_SAME = {7405: NATIONAL_GRID, 4326: LONGITUDE_LATITUDE, 4258: LONGITUDE_LATITUDE, 4979: LONGITUDE_LATITUDE}
# ETRS89 (4258) is within a metre of WGS 84, and no file says of when its WGS 84 is
NAMES = {
    NATIONAL_GRID: "British National Grid (EPSG:27700)",
    LONGITUDE_LATITUDE: "longitude, latitude (WGS 84)",
    WEB_MERCATOR: "Web Mercator (EPSG:3857)",
}
_GRID: Bounds = (0.0, 0.0, 700_000.0, 1_300_000.0)
_WORLD: Bounds = (-180.0, -90.0, 180.0, 90.0)
_BRITAIN: Bounds = (-9.0, 49.0, 2.5, 61.5)
_ASK = "Say in which coordinates the file is: 27700 (British National Grid) or 84 (longitude, latitude)."


@dataclass(frozen=True, slots=True)
class Decision:
    """The coordinates of a file. ``guess``: why they were guessed. ``flipped``: y stands before x."""

    srid: int
    guess: str | None = None
    flipped: bool = False


def decide(declared: int | None, chosen: int | None, bounds: Bounds | None) -> Decision:
    """Decide the coordinates of a file by what it declares, a person chose, and where its numbers lie.

    ``declared``: the EPSG number that the file says, or 0 for one that is not known. Raises FileRefusedError
    if they are not taken, cannot be, or are not known.
    """
    if chosen is not None:
        return _check(Decision(_to_taken(chosen)), bounds)
    if declared is None:
        return _guess(bounds)
    return _check(Decision(_to_taken(declared)), bounds)


def _to_taken(srid: int) -> int:
    srid = _SAME.get(srid, srid)
    if srid not in NAMES:
        system = "others" if srid == 0 else f"EPSG:{srid}"
        raise FileRefusedError(
            "crs-not-taken",
            f"The file is in coordinates that are not taken here ({system}). Save it in British National Grid"
            " (EPSG:27700) or WGS 84 (EPSG:4326).",
        )
    return srid


def _guess(bounds: Bounds | None) -> Decision:
    if bounds is None:
        return Decision(LONGITUDE_LATITUDE)
    if _is_within(bounds, _WORLD):
        decision = _check(Decision(LONGITUDE_LATITUDE), bounds)
    elif _is_within(bounds, _GRID):
        decision = Decision(NATIONAL_GRID)
    else:
        raise FileRefusedError("crs-unknown", f"The file does not say in which coordinates it is. {_ASK}")
    why = f"The file does not say in which coordinates it is. By their range, we took {NAMES[decision.srid]}."
    return Decision(decision.srid, why, decision.flipped)


def _check(decision: Decision, bounds: Bounds | None) -> Decision:
    if decision.srid != LONGITUDE_LATITUDE or bounds is None:
        return decision
    if not _is_within(bounds, _WORLD):
        hint = (
            _ASK if not _is_within(bounds, _GRID) else "The numbers look like British National Grid: if they"
        )
        hint += "" if hint is _ASK else " are, say that the file's coordinates are 27700."
        raise FileRefusedError(
            "not-degrees",
            f"The file should be longitude and latitude, but its numbers are not degrees. {hint}",
        )
    turned = (bounds[1], bounds[0], bounds[3], bounds[2])
    if _is_within(turned, _BRITAIN) and not _is_within(bounds, _BRITAIN):
        why = "Latitude stood before longitude in the file. We turned them round, which puts it in Britain."
        return Decision(decision.srid, why, flipped=True)
    return decision


def _is_within(bounds: Bounds, box: Bounds) -> bool:
    return bounds[0] >= box[0] and bounds[1] >= box[1] and bounds[2] <= box[2] and bounds[3] <= box[3]

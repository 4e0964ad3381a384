"""Which of a council's layers a look-up reads."""

from collections.abc import Sequence

from chassis.problems import FieldError, Problem
from mapping.collections.rules.layers import Audience, Extent, Layer
from mapping.locate.rules.points import Place
from mapping.snapshots.actions import Snapshots

BOUNDARY = "council-boundary"
"""The layer of areas that is the council's own area."""
ROADS = "roads"
"""The layer of lines that are roads; its label is the street's name."""
POSTCODES = "postcodes"
"""The layer of places that are postcodes; its label is the postcode."""
_AREAS = ("areas", "zones")
_KINDS = ("assets", "lines", "places")
_MARGIN = 0.001  # degrees: what a conversion may move a layer's extent


def list_area_layers(
    snapshots: Snapshots, council: str, audience: Audience, names: Sequence[str] = ()
) -> list[Layer]:
    """List the layers of areas and zones of a council: those named, or all that the audience may see.

    Raises Problem 400 for a name that is none of them.
    """
    layers = [
        layer
        for layer in _list_visible(snapshots, council, audience)
        if layer.kind in _AREAS and layer.geometry_type == "Polygon"
    ]
    return layers if not names else _pick(layers, names, "areas")


def list_layers_near(
    snapshots: Snapshots, council: str, audience: Audience, kinds: Sequence[str], field: str = "kinds"
) -> list[Layer]:
    """List the layers of assets, lines or places of a council by names, or by the words for all of a kind.

    Without any, those of assets. Raises Problem 400 for what is neither.
    """
    layers = [layer for layer in _list_visible(snapshots, council, audience) if layer.kind in _KINDS]
    kind_names = kinds or ("assets",)
    names = [kind for kind in kind_names if kind not in _KINDS]
    whole = [layer for layer in layers if layer.kind in kind_names]
    return whole + [layer for layer in _pick(layers, names, field) if layer not in whole]


def get_special(snapshots: Snapshots, council: str, name: str, kind: str, audience: Audience) -> Layer | None:
    """Get the layer that a look-up knows by its name, if the council has it and it is of its kind."""
    layer = snapshots.layer(council, name)
    return layer if layer is not None and layer.kind == kind and layer.visible_to(audience) else None


def reaches(layer: Layer, place: Place) -> bool:
    """Check whether a place is within the extent of what a layer has."""
    extent: Extent | None = layer.extent
    return (
        extent is not None
        and extent.west - _MARGIN <= place.lon <= extent.east + _MARGIN
        and extent.south - _MARGIN <= place.lat <= extent.north + _MARGIN
    )


def _list_visible(snapshots: Snapshots, council: str, audience: Audience) -> list[Layer]:
    return [layer for layer in snapshots.layers(council) if layer.visible_to(audience)]


def _pick(layers: Sequence[Layer], names: Sequence[str], field: str) -> list[Layer]:
    by_name = {layer.name: layer for layer in layers}
    missing = [name for name in names if name not in by_name]
    if missing:
        names_here = ", ".join(sorted(by_name)) or "none"
        message = f"{missing[0][:60]!r} is no such layer here: there are {names_here}"
        error = FieldError(field=f"query.{field}", message=message, code="unknown_layer")
        raise Problem(400, "invalid-request", "A layer is not known; see errors.", errors=[error])
    return [by_name[name] for name in dict.fromkeys(names)]

"""What the map pages share: who reads them, their layers, places in their addresses, and their frame."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import StringConstraints

from chassis.auth import public
from chassis.problems import FieldError, Problem, not_found
from mapping.collections.rules.layers import Layer
from mapping.shared.pages import pages
from mapping.shared.typed_places import TypedPlace, parse_place
from mapping.snapshots.actions import Snapshots

PAGES: Final = "/{council}/mapping"
Anybody = Annotated[None, public]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
LayerName = Annotated[_Name, Path(description="The layer's name")]
Chosen = Annotated[list[_Name], Query(max_length=40, description="Names of the layers that are shown")]
PlaceText = Annotated[
    str,
    Query(
        max_length=120, description="A postcode, a street, coordinates or a grid reference, as people type it"
    ),
]
Point = Annotated[
    str, Query(max_length=80, description="A place: `longitude,latitude`, or as people type it")
]
Names = Annotated[str, Query(max_length=600, description="Names of layers, with commas between")]
_NAMES: Final = 40  # layers in one address


def render(
    request: Request, council: str, template: str, status: int = 200, *, has_map: bool = False, **context: Any
) -> HTMLResponse:
    """Render a page in the reader's language, with the addresses of the other pages."""
    maps = f"/{council}/mapping"
    frame: dict[str, Any] = {"home": f"{maps}/find", "maps": maps, "ogc": f"{maps}/ogc", "council": council}
    return pages.render(request, template, status, has_map=has_map, **frame, **context)


def list_public(snapshots: Snapshots, council: str) -> list[Layer]:
    """List the layers that everybody may see."""
    return [layer for layer in snapshots.layers(council) if layer.visible_to("public")]


def find_public(snapshots: Snapshots, council: str, name: str) -> Layer:
    """Find a layer that everybody may see. Raises Problem 404."""
    layer = snapshots.layer(council, name)
    if layer is None or not layer.visible_to("public"):
        raise not_found("such layer")
    return layer


def choose_layers(layers: list[Layer], names: str) -> list[Layer]:
    """Choose layers by their names. Raises Problem 400 for too many, 404 for one that is not there."""
    chosen = list(dict.fromkeys(name for name in names.split(",") if name))
    by_name = {layer.name: layer for layer in layers}
    if len(chosen) > _NAMES:
        raise refuse("layers", f"may name {_NAMES} layers at most")
    if any(name not in by_name for name in chosen):
        raise not_found("such layer")
    return [by_name[name] for name in chosen]


def read_point(point: str) -> TypedPlace:
    """Read the place of an address. Raises Problem 400."""
    try:
        return parse_place(point)
    except ValueError as error:
        raise refuse("point", str(error)) from error


def write_point(place: TypedPlace) -> str:
    """Write a place for an address."""
    return f"{place.longitude:.6f},{place.latitude:.6f}"


def refuse(name: str, message: str) -> Problem:
    """Make the Problem 400 of a parameter."""
    errors = [FieldError(field=f"query.{name}", message=message, code="value_error")]
    return Problem(400, "invalid-request", f"The parameter {name} {message}", errors=errors)

"""Areas of properties and postcodes: by the point that address gave, or the postcode's place on a layer."""

from typing import Any

import numpy as np
import shapely

from chassis.problems import Problem, not_found
from mapping.collections.actions import features
from mapping.collections.rules.layers import Layer
from mapping.locate.actions import Sources, layer_choice
from mapping.locate.actions.lookups import Question, is_inside, list_areas
from mapping.locate.rules.hits import show_moment, show_place
from mapping.locate.rules.points import Place, make_place
from mapping.points import actions as points
from mapping.shared.coordinates import Crs, OutsideGreatBritainError
from mapping.snapshots.actions import TooLargeError


async def look_up_property(sources: Sources, uprn: int, question: Question) -> dict[str, Any]:
    """Look up the areas of a property, at the point that address's events gave. Raises Problem 404."""
    place = await find_property(sources, uprn)
    return {"uprn": str(uprn), **await _look_up_areas(sources, place, question)}


async def find_property(sources: Sources, uprn: int) -> Place:
    """Find where a property is. Raises Problem 404 if no event has placed it."""
    async with sources.database.reading(sources.council) as session:
        point = await points.read_point(session, sources.council, uprn)
    return _place(point.easting, point.northing, f"point of property {uprn}")


async def look_up_postcode(sources: Sources, postcode: str, question: Question) -> dict[str, Any]:
    """Look up the areas of a postcode, at its point on the layer of postcodes.

    Raises Problem 404 for a postcode that is not there, or a council without the layer.
    """
    place = await find_postcode(sources, postcode, question)
    return {"postcode": postcode, **await _look_up_areas(sources, place, question)}


async def find_postcode(sources: Sources, postcode: str, question: Question) -> Place:
    """Find where a postcode is, as ``look_up_postcode``."""
    layer = layer_choice.get_special(
        sources.snapshots, sources.council, layer_choice.POSTCODES, "places", question.audience
    )
    if layer is None:
        detail = f"There is no layer {layer_choice.POSTCODES} of places here, by which postcodes are found."
        raise Problem(404, "no-postcodes", detail)
    geometry = await _find_geometry(sources, layer, postcode)
    if geometry is None:
        raise not_found(f"postcode {postcode} on the layer {layer.name}")
    x, y = np.asarray(shapely.get_coordinates(shapely.centroid(geometry)))[0].tolist()
    try:
        return make_place(x, y, layer.storage_crs)
    except OutsideGreatBritainError as error:
        raise _outside(f"postcode {postcode}") from error


async def _find_geometry(sources: Sources, layer: Layer, postcode: str) -> Any:
    """Find a postcode's geometry: its id on the layer is the postcode, with or without its space."""
    names = (postcode, postcode.replace(" ", ""))
    try:
        snapshot = await sources.snapshots.get(layer)
    except TooLargeError:
        async with sources.database.reading(layer.council) as session:
            states = [await features.get_feature(session, layer.id, name) for name in names]
        return next((state.geometry for state in states if state is not None), None)
    index = next((snapshot.by_fid[name] for name in names if name in snapshot.by_fid), None)
    return None if index is None else snapshot.geometries[index]


async def _look_up_areas(sources: Sources, place: Place, question: Question) -> dict[str, Any]:
    layers = layer_choice.list_area_layers(
        sources.snapshots, sources.council, question.audience, question.areas
    )
    return {
        "point": show_place(place),
        "inside": await is_inside(sources, place, question.moment),
        "areas": await list_areas(sources, place, question, layers),
        "generation": {layer.name: layer.version for layer in layers},
        "as_of": show_moment(question.moment),
    }


def _place(easting: float, northing: float, noun: str) -> Place:
    try:
        return make_place(easting, northing, Crs.BNG)
    except OutsideGreatBritainError as error:
        raise _outside(noun) from error


def _outside(noun: str) -> Problem:
    return Problem(404, "outside-great-britain", f"The {noun} lies outside Great Britain.")

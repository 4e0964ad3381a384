"""The limit of look-ups: Starlette, Shapely and msgspec over the same layers, with nothing checked."""

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mapping.shared.coordinates import to_national_grid

_encode = msgspec.json.Encoder().encode
_REACH = 200.0  # metres


class _Layers:
    """The wards and the roads of the files that the measurement wrote, with an index each."""

    def __init__(self, folder: Path) -> None:
        self.wards, self.ward_rows = _read(folder / "gb-wards.json")
        self.roads, self.road_rows = _read(folder / "roads.json")
        shapely.prepare(self.wards)
        self.ward_tree, self.road_tree = STRtree(self.wards), STRtree(self.roads)


def _read(file: Path) -> tuple[NDArray[Any], list[dict[str, Any]]]:
    """Read geometries as hexadecimal WKB, and properties."""
    wkb, rows = msgspec.json.decode(file.read_bytes())
    return np.asarray(shapely.from_wkb(wkb), dtype=object), rows


async def _locate(request: Request) -> Response:
    layers: _Layers = request.app.state.layers
    lon, lat = map(float, request.query_params["point"].split(","))
    easting, northing = map(float, to_national_grid(lon, lat))
    candidates = layers.ward_tree.query(shapely.Point(lon, lat))
    inside = candidates[shapely.intersects_xy(layers.wards[candidates], lon, lat)]
    point = shapely.Point(easting, northing)
    box = shapely.box(easting - _REACH, northing - _REACH, easting + _REACH, northing + _REACH)
    near = layers.road_tree.query(box)
    distances = shapely.distance(layers.roads[near], point)
    best = int(np.argmin(distances)) if len(near) else None
    answer: dict[str, Any] = {
        "point": {"lon": lon, "lat": lat, "easting": easting, "northing": northing},
        "areas": [
            {"id": layers.ward_rows[each]["gss"], "name": layers.ward_rows[each]["name"]} for each in inside
        ],
        "street": None
        if best is None
        else {"name": layers.road_rows[near[best]]["name"], "distance_m": float(distances[best])},
    }
    return Response(_encode(answer), media_type="application/json")


async def _live(_: Request) -> Response:
    return Response()


def create() -> Starlette:
    """Build the application, for uvicorn's ``--factory``."""
    app = Starlette(routes=[Route("/locate", _locate), Route("/live", _live)])
    app.state.layers = _Layers(Path(os.environ["BARE_LAYERS"]))
    return app

"""Parameters of tiles, as the OpenAPI document has them; their routes read them from the request."""

from typing import Any

from mapping.tiles.schemas.addresses import MATRIX_SET

MOST_NAMES = 2_000
"""Characters of a list of collections."""
_LAST = 9_999_999_999


def _path(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


COUNCIL = _path("council", "The council's slug", {"type": "string", "maxLength": 63})
COLLECTION = _path("collectionId", "The id of the collection", {"type": "string", "maxLength": 100})
COLLECTIONS = _query(
    "collections",
    "The ids of collections, separated by commas; all if you leave it out",
    {"type": "string", "maxLength": MOST_NAMES},
)
_INDEX = {"type": "integer", "minimum": 0, "maximum": _LAST}
TILE = (
    _path(
        "tileMatrixSetId", "The tile matrix set", {"type": "string", "maxLength": 60, "example": MATRIX_SET}
    ),
    _path("tileMatrix", "The zoom: 0 to 22", {"type": "string", "pattern": "^[0-9]{1,10}$", "maxLength": 10}),
    _path("tileRow", "The row, from the north (y)", _INDEX),
    _path("tileCol", "The column, from 180 W (x)", _INDEX),
)
VERSION = _query("v", "The version of the collection that you know: its tiles may be kept for a year", _INDEX)
FORM = _query("f", "The form of the answer", {"type": "string", "enum": ["mvt"]})

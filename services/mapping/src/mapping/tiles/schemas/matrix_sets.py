"""The tile matrix set WebMercatorQuad as a document (OGC 17-083r4, JSON encoding)."""

from functools import lru_cache

from pydantic import BaseModel, Field

from mapping.tiles.rules.matrix import HALF_SIDE, MAX_ZOOM
from mapping.tiles.schemas.addresses import JSON, MATRIX_SET, Addresses, Link

CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
MATRIX_SET_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{MATRIX_SET}"
_TITLE = "Google Maps Compatible for the World"
_SIDE = 256  # pixels
_CELL = 2 * HALF_SIDE / _SIDE  # metres of a pixel at zoom 0
_PIXEL = 0.000_28  # metres: the size of a pixel that scale denominators are reckoned with


class MatrixSetItem(BaseModel):
    """A tile matrix set, as the list has it."""

    id: str
    title: str
    uri: str = Field(description="Its name in OGC's register")
    links: list[Link]


class MatrixSetList(BaseModel):
    """The tile matrix sets that tiles are offered in."""

    tileMatrixSets: list[MatrixSetItem]  # noqa: N815 - the standard's spelling


class Matrix(BaseModel):
    """A zoom of a tile matrix set."""

    id: str
    scaleDenominator: float  # noqa: N815
    cellSize: float = Field(description="Metres of a pixel")  # noqa: N815
    pointOfOrigin: tuple[float, float]  # noqa: N815
    tileWidth: int = Field(description="Pixels")  # noqa: N815
    tileHeight: int = Field(description="Pixels")  # noqa: N815
    matrixWidth: int = Field(description="Tiles")  # noqa: N815
    matrixHeight: int = Field(description="Tiles")  # noqa: N815


class MatrixSet(BaseModel):
    """A tile matrix set."""

    id: str
    title: str
    uri: str
    crs: str
    orderedAxes: list[str]  # noqa: N815
    wellKnownScaleSet: str  # noqa: N815
    tileMatrices: list[Matrix]  # noqa: N815


def list_matrix_sets(addresses: Addresses) -> MatrixSetList:
    """List the one tile matrix set that there is."""
    links = [Link(href=addresses.matrix_set(), rel="self", type=JSON, title=_TITLE)]
    return MatrixSetList(
        tileMatrixSets=[MatrixSetItem(id=MATRIX_SET, title=_TITLE, uri=MATRIX_SET_URI, links=links)]
    )


@lru_cache(maxsize=1)
def describe_matrix_set() -> MatrixSet:
    """Describe WebMercatorQuad, zooms 0 to 22."""
    return MatrixSet(
        id=MATRIX_SET,
        title=_TITLE,
        uri=MATRIX_SET_URI,
        crs=CRS,
        orderedAxes=["X", "Y"],
        wellKnownScaleSet="http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        tileMatrices=[_describe_matrix(zoom) for zoom in range(MAX_ZOOM + 1)],
    )


def _describe_matrix(zoom: int) -> Matrix:
    side = 1 << zoom
    return Matrix(
        id=str(zoom),
        scaleDenominator=_CELL / side / _PIXEL,
        cellSize=_CELL / side,
        pointOfOrigin=(-HALF_SIDE, HALF_SIDE),
        tileWidth=_SIDE,
        tileHeight=_SIDE,
        matrixWidth=side,
        matrixHeight=side,
    )

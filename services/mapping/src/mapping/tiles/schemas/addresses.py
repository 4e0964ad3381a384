"""Where tiles and their documents are, as links say it from outside."""

from dataclasses import dataclass
from urllib.parse import quote

from pydantic import BaseModel, Field

MATRIX_SET = "WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
JSON = "application/json"
TILEJSON = "application/vnd.mapbox.tile+json"
STYLE = "application/vnd.mapbox.style+json"
_TILE = "{tileMatrix}/{tileRow}/{tileCol}"


class Link(BaseModel):
    """A link (RFC 8288)."""

    href: str = Field(description="Where it leads, absolute")
    rel: str = Field(description="What it is to this document")
    type: str = Field(description="The media type of what is there")
    title: str = Field(description="What is there, for people")
    templated: bool | None = Field(default=None, description="Whether href has parts in braces to fill in")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a council's tiles: ``base`` is that of its OGC API, without a slash at its end."""

    base: str

    def collection(self, name: str) -> str:
        """Give the address of a collection."""
        return f"{self.base}/collections/{quote(name, safe='')}"

    def tiles(self, name: str = "") -> str:
        """Give the address of a collection's tilesets, or of the council's."""
        return f"{self.collection(name) if name else self.base}/tiles"

    def tile_set(self, name: str = "") -> str:
        """Give the address of a tileset."""
        return f"{self.tiles(name)}/{MATRIX_SET}"

    def tilejson(self, name: str = "") -> str:
        """Give the address of a tileset's TileJSON."""
        return f"{self.tile_set(name)}/tilejson.json"

    def template(self, name: str = "") -> str:
        """Give the template of tiles as OGC API Tiles has it."""
        return f"{self.tile_set(name)}/{_TILE}"

    def matrix_set(self) -> str:
        """Give the address of the tile matrix set."""
        return f"{self.base}/tileMatrixSets/{MATRIX_SET}"

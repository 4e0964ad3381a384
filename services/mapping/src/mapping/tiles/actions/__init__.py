"""Tiles made, kept and given to those who ask."""

from typing import Annotated

from fastapi import Depends, Request

from mapping.tiles.actions.tiles import Tiles

__all__ = ["CONFORMANCE", "TheTiles", "Tiles"]

_CLASSES = ("core", "tileset", "tilesets-list", "geodata-tilesets", "dataset-tilesets", "mvt", "oas30")
CONFORMANCE = tuple(f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}" for name in _CLASSES)
"""The conformance classes of OGC API Tiles, for the page that lists those of all parts."""


async def _get_tiles(request: Request) -> Tiles:
    tiles: Tiles = request.app.state.tiles
    return tiles


TheTiles = Annotated[Tiles, Depends(_get_tiles)]
"""A parameter of routes: the process's tiles."""

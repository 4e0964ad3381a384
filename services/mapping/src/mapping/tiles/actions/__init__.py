"""Tiles made, kept and given to those who ask."""

from mapping.tiles.actions.tiles import Tiles

__all__ = ["CONFORMANCE", "Tiles"]

_CLASSES = ("core", "tileset", "tilesets-list", "geodata-tilesets", "dataset-tilesets", "mvt", "oas30")
CONFORMANCE = tuple(f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{name}" for name in _CLASSES)
"""The conformance classes of OGC API Tiles, for the page that lists those of all parts."""

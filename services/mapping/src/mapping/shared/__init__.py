"""Modules that several domains of mapping use: coordinates, grid references, geometry, the metadata."""

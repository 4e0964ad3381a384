"""The pure part of tiles: from geometries and properties to the bytes of a Mapbox Vector Tile."""

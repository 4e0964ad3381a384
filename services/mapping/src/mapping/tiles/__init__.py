"""OGC API Tiles: vector tiles by an encoder of our own, TileJSON, styles and PMTiles."""

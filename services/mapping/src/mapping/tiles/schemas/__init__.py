"""The documents of OGC API Tiles, TileJSON and MapLibre."""

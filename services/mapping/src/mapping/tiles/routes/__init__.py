"""HTTP of tiles, below the base of the OGC API."""

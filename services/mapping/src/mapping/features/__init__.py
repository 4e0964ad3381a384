"""OGC API Features at ``/{council}/mapping/ogc``: Parts 1 to 3 read layers, Part 4 writes them."""

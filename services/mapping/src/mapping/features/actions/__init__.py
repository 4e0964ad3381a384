"""Features of layers, found in memory or in PostgreSQL, and written in the coordinates asked for."""

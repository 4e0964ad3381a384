"""Filters in CQL2 (OGC 21-065r2): read, checked, and run in memory or as SQL."""

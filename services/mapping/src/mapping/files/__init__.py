"""Files of map data: read and written by a process of their own, never by the one that calls."""

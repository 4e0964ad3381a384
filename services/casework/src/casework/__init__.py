"""Townhall casework: cases, their types and their deadlines."""

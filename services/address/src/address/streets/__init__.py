"""Streets and their names: create, rename, close."""

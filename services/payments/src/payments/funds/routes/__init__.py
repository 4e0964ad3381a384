"""The HTTP API of council finance data."""

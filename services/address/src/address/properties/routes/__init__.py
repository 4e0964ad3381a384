"""The HTTP endpoints of properties."""

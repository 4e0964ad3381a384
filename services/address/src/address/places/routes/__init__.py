"""The HTTP endpoints of places."""

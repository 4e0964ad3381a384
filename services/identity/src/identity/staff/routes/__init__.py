"""The HTTP endpoints of staff."""

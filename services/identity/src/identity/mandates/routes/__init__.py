"""The HTTP endpoints of mandates."""

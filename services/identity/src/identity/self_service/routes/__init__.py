"""The HTTP endpoints of self_service."""

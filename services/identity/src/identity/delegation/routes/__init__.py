"""The HTTP endpoints of delegation."""

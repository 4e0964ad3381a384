"""The HTTP endpoints of authorization."""

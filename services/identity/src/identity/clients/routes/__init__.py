"""The HTTP endpoints of clients."""

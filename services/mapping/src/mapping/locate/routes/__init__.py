"""The HTTP API of look-ups."""

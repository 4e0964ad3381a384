"""The HTTP endpoints of tokens."""

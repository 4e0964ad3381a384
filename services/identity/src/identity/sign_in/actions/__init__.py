"""The use cases of signing in."""

"""The use cases of matching."""

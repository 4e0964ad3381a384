"""The use cases of changes."""

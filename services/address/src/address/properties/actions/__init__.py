"""The use cases of properties."""

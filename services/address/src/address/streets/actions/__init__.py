"""The use cases of streets."""

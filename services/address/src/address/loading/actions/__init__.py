"""The use cases of loading."""

"""The use cases of grants."""

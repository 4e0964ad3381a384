"""The use cases of councils."""

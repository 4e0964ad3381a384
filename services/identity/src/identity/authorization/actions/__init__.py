"""The use cases of authorization."""

"""The use cases of tokens."""

"""The use cases of verification."""

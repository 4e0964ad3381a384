"""The use cases of mandates."""

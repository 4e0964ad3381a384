"""The use cases of logout."""

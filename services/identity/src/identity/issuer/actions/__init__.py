"""The use cases of issuer."""

"""The API models of properties."""

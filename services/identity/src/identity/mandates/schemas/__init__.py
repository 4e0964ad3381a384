"""The API models of mandates."""

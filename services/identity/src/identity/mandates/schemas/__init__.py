"""The API models of mandates and themes."""

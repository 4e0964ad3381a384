"""The API models of places."""

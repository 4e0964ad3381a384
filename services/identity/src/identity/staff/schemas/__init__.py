"""The API models of staff."""

"""The API of disclosure."""

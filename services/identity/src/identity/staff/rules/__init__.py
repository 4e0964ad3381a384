"""The pure rules of staff."""

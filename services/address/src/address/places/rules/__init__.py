"""The pure rules of places."""

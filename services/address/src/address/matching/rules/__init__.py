"""The pure rules of matching."""

"""The pure rules of grants."""

"""The pure rules of verification."""

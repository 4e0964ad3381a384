"""The pure rules of authorization."""

"""The pure rules of address index."""

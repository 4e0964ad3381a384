"""The pure rules of address text."""

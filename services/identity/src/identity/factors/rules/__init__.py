"""The pure rules of factors."""

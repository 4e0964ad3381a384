"""The pure rules of address comparison."""

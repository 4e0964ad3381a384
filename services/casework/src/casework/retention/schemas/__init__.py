"""Models of the API of retention."""

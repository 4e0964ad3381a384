"""Models of the API of layers and features."""

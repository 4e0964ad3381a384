"""The HTTP API of layers and of the features that are written one at a time."""

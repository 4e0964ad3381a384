"""Use cases of layers and their features."""

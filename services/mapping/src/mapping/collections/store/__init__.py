"""Statements of layers and their features."""

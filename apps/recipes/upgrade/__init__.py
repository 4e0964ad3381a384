"""Releases of recipes, and the councils that move to them when they are told."""

"""Townhall mapping: map layers, areas, and where each property is."""

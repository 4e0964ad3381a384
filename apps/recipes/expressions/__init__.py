"""Expressions in CEL: typed when a recipe is checked, bounded when they run, unknown where a value is
missing."""

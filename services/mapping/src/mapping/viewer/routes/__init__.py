"""The map pages that everybody may read."""

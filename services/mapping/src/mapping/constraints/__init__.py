"""Constraints of a site: what of a council's layers lies on or near it, searched and kept as evidence."""

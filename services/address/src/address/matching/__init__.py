"""Matching: which property an address means, and how sure that is."""

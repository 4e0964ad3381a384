"""E-returns: what services took and banked themselves, authorised by another person."""

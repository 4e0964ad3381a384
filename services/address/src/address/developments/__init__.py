"""Developments: number the plots of a street together, and approve them."""

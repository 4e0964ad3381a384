"""Mandates: a resident lets another person act for them, in a theme, at one council."""

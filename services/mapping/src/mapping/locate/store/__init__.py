"""Statements of look-ups."""

"""Statements of loads."""

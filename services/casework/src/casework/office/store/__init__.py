"""Statements of the office."""

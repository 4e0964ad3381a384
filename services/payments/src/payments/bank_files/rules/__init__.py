"""Readers of bank statements, pure."""

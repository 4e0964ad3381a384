"""Frozen dataclasses: no I/O and no clock."""

"""Verification: one-time codes, passwords hashed and attempts counted."""

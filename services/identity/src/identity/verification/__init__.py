"""Verification: one-time codes, password hashes and rate limits."""

"""Delegation: the pages where people let others act for them, agree to act, and end it."""

"""Assurance: how strongly somebody must have signed in for a page, and where a sign-in returns to."""

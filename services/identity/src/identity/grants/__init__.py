"""Grants: what a sign-in allowed a client, the tokens issued on it, and how they end."""

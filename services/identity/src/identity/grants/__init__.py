"""Grants: what a sign-in allowed a client, the tokens issued on it, consents, and the history of accounts."""

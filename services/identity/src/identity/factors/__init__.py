"""Factors: passwords, passkeys, authenticator apps and phones, and signing in with them."""

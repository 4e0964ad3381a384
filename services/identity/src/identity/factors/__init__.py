"""Factors: passwords, passkeys, authenticator apps, recovery codes and phones, and signing in with them."""

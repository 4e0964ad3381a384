"""Pages on which people set up how they sign in: password, passkeys, authenticator app, text messages."""

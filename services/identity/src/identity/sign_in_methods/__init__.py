"""Pages where people set up how they sign in: password, passkeys, authenticator app, codes by SMS."""

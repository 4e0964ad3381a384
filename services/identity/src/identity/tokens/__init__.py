"""Tokens: the token endpoint, introspection, revocation and userinfo."""

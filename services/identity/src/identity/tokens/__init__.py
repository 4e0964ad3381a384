"""The token endpoint, introspection, revocation and userinfo."""

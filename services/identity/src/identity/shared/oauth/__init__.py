"""OAuth 2.0 and OpenID Connect, as pure rules: requests, claims, scopes, relying parties."""

"""The pure rules of upstream_login."""

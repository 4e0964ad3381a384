"""The use cases of upstream_login."""

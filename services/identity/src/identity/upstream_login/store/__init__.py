"""The SQL statements of upstream_login."""

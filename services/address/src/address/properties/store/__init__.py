"""The SQL statements of properties."""

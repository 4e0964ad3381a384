"""The SQL statements of places."""

"""The SQL statements of changes."""

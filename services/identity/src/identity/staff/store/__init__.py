"""The SQL statements of staff."""

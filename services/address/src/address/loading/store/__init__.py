"""The SQL statements of loading."""

"""SQL statements of the office."""

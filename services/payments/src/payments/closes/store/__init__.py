"""SQL statements of closes."""

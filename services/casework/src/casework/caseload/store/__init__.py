"""SQL statements of work on many cases."""

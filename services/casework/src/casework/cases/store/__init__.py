"""SQL statements of cases."""

"""SQL statements of payments: none yet."""

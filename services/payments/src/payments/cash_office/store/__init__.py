"""SQL statements of counter takings."""

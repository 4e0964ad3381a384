"""SQL statements of retention."""

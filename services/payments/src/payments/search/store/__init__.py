"""SQL statements of searches."""

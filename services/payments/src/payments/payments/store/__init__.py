"""SQL statements of payments."""

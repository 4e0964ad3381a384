"""SQL statements of disclosure."""

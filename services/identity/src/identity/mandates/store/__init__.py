"""The SQL statements of mandates."""

"""The SQL statements of grants."""

"""The SQL statements of factors."""

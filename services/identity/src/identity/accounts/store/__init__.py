"""The SQL statements of accounts."""

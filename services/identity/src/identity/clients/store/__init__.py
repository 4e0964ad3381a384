"""The SQL statements of clients."""

"""The SQL statements of read model."""

"""The SQL statements of council finance."""

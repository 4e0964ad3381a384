"""SQL statements of casework: none yet."""

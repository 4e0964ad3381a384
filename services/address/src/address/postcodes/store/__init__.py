"""The SQL statements of postcodes."""

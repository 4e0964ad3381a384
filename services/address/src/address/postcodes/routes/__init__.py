"""The HTTP endpoints of postcodes."""

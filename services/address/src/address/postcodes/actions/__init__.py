"""The use cases of postcodes."""

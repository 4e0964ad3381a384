"""The pure rules of postcodes."""

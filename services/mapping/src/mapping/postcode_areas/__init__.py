"""The areas of postcodes, by the properties that have them: told to address by outcode."""

"""An address compared with the properties of a street, field by field."""

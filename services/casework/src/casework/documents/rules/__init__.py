"""Models of the documents: no I/O and no clock."""

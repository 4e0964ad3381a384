"""Loading a file into a council's gazetteer: all of it or nothing, in one transaction."""

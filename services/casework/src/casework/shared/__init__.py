"""What several domains of casework use: the tables' metadata, local days, request bodies."""

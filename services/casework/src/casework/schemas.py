"""Models of the HTTP API of casework: none yet."""

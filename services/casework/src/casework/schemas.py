"""API models of casework: none yet."""

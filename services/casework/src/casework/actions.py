"""Use cases of casework: none yet."""

"""Pure rules of casework: none yet."""

"""Use cases of casework, one function each: none yet."""

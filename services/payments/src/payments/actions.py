"""Use cases of payments, one function each: none yet."""

"""Use cases of payments: none yet."""

"""API models of payments: none yet."""

"""Pure rules of payments: none yet."""

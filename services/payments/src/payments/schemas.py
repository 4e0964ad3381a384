"""Models of the HTTP API of payments: none yet."""

"""The API models of clients."""

"""The pure rules of clients."""

"""The use cases of messages."""

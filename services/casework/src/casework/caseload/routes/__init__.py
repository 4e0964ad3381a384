"""The API of work on many cases."""

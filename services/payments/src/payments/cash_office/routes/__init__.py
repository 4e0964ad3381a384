"""The API of counter takings."""

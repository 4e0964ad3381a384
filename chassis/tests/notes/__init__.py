"""A service for the chassis's own tests."""

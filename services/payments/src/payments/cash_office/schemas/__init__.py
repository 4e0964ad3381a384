"""API models of counter takings."""

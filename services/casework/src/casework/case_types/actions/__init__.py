"""Use cases of case types."""

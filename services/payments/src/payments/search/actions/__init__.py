"""Use cases of searches."""

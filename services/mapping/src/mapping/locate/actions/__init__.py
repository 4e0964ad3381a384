"""Use cases of look-ups."""

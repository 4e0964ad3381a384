"""Find cases by words, and those that are likely about the same."""

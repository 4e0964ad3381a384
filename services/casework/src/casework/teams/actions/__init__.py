"""Teams and routing."""

"""Read figures, sum them up, write them as a file."""

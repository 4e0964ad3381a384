"""Where cases are: casework tells of a new one, and mapping answers in which areas it lies."""

"""Events that payments publishes, and its views of those it reads: none yet."""

"""Events that casework publishes, and its views of those it reads: none yet."""

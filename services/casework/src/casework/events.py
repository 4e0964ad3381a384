"""Events casework publishes, and its view of those it reads: none yet."""

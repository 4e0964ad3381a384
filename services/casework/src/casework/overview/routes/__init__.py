"""Pages about all cases: case types and figures."""

"""Pages of the office about all cases: their types and their figures."""

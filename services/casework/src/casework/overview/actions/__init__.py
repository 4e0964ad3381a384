"""What the pages about all cases show: case types and figures."""

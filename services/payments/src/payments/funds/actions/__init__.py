"""What can be done with council finance data."""

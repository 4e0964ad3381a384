"""What is done about constraints."""

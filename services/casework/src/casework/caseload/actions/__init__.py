"""What is done with many cases, or beside them."""

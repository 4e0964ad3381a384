"""What is done to cases, and what is read of them."""

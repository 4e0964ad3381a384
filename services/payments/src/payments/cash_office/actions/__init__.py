"""What staff do with counter takings."""

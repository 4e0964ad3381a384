"""What staff do with e-returns."""

"""What Open311 takes and answers."""

"""Identity: who a caller is, what it may do, and which councils there are."""

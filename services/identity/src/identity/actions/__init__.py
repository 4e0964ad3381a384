"""What identity does: one function, one verb, one transaction."""

"""The words by which staff find a case, each with who may find it so."""

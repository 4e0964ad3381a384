"""Use cases of seals."""

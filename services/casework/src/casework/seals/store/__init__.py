"""SQL statements of seals."""

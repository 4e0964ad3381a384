"""SQL statements of reconciliation."""

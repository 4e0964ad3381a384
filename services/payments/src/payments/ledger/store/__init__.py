"""SQL statements of the ledger."""

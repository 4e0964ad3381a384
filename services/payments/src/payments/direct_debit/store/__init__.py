"""The store of Direct Debit."""

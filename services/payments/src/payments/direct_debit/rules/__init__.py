"""The rules of Direct Debit."""

"""The schemas of Direct Debit."""

"""The routes of Direct Debit."""

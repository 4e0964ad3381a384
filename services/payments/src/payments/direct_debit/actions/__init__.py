"""The actions of Direct Debit."""

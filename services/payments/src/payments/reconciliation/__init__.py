"""Reconciliation: payments against settlements against the bank, and the close of a day with its exports."""

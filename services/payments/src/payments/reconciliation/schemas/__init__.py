"""API models of reconciliation."""

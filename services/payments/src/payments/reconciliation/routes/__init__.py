"""HTTP of reconciliation."""

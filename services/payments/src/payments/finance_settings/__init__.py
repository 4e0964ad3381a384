"""What a council sets for reconciliation and closes: days, and the layout of the journal."""

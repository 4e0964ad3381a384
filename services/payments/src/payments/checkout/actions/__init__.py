"""What payers do."""

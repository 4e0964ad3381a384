"""Direct Debit: mandates, collections with their advance notice, what banks send back, and claims."""

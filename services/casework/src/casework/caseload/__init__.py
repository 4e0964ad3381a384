"""Work on many cases: queues, bulk acts, notes, roles, events of other capabilities, verification."""

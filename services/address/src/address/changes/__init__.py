"""Changes of properties and streets: their history, their events and the change feed."""

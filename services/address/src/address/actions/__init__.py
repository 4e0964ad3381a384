"""Use cases of the address service: one function is one verb is one transaction."""

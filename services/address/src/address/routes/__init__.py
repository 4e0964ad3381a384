"""HTTP in and out of the address service: no SQL, no rules."""

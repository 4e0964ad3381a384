"""Pure parts that several domains need: codes, numbering, field types, dates. No SQL, no routes."""

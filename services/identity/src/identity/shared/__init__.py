"""Pure parts that several domains need: keys, tokens, OAuth and URI rules. No SQL, no routes."""

"""What several domains need: keys, tokens, OAuth and URI rules, rate limits. No SQL, no routes."""

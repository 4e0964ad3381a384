"""Pure rules that several domains need: keys, tokens, URIs, addresses, limits."""

"""Payment links: pages on which people pay a council without a service of its own."""

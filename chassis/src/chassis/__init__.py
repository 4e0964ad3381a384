"""The plumbing every Townhall service shares: one concept, one module."""

"""Words of the office, and what its forms say. Pure."""

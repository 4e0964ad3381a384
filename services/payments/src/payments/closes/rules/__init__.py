"""Rules of closes. Pure."""

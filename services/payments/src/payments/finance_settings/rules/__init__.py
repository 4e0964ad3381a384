"""Rules of finance settings. Pure."""

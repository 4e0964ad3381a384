"""Rules of retention: pure."""

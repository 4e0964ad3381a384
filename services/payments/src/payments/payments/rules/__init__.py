"""Rules of payments: pure functions."""

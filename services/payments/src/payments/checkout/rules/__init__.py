"""Rules of the card pages."""

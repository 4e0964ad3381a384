"""Rules of counter takings, without input or output."""

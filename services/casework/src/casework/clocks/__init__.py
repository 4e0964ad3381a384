"""Clocks: what a law or a promise gives time for, and until when."""

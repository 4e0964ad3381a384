"""Councils as data, and the picture of them that the gateway reads."""

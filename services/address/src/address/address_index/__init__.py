"""A council's names in memory, and the streets that an address may be in."""

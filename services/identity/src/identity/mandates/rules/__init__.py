"""The rules of mandates: their life, the codes of offers, and themes."""

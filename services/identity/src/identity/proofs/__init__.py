"""Proofs of identity, in person or by another provider, and the record of who read them."""

"""The use cases of proofs."""

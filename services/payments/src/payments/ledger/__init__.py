"""The double-entry ledger: postings that sum to zero and never change, sealed by a chain of hashes."""

"""Receipts by e-mail, in English and Welsh."""

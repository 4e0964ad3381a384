"""Offer services, take reports and updates, and tell what became of them."""

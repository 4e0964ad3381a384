"""Agreements: a payer lets a service take later payments from their card."""

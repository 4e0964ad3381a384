"""A small mock of GoCardless's API: mandates, payments by Bacs, events, payouts."""

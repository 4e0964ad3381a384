"""The hosted card pages: a payer comes by a one-time link, enters a card, confirms, and goes back."""

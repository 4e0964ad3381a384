"""Townhall payments: payments, refunds and the ledger behind them."""

"""Simulated card processor: authorisations, captures, refunds, disputes, payouts and webhooks.

For laptops and councils' own tests. It takes test cards by name and never a card number. The same calls at
the same clock give the same ids and outcomes, and all that it answered outlives a kill of its process.
"""

"""Search of payments and refunds: counts of days, pages, and the operations of GOV.UK Pay's API."""

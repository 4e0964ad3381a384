"""Models of GOV.UK Pay's API."""

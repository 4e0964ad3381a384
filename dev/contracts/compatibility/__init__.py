"""Whether today's contracts break a client of the last release."""

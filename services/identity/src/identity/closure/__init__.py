"""Closing an account: every domain that holds something of it takes part."""

"""The API and the pages of constraints."""

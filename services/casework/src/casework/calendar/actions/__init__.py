"""Use cases of calendars."""

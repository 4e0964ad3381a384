"""The API models of calendars."""

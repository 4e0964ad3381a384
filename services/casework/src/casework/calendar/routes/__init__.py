"""The HTTP API of calendars."""

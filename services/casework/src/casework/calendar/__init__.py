"""Calendars: bank holidays of each nation, school terms, closures of a council."""

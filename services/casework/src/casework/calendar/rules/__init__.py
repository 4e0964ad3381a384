"""Pure rules of calendars: which days count, and why the others do not."""

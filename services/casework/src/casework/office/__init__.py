"""The office: pages of staff who work on cases."""

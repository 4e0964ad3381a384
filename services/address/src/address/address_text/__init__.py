"""Addresses as text: words, short forms, flats and floors."""

"""Bookings: pools of slots that a council keeps, and the slots that cases hold."""

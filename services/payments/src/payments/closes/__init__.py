"""Closes of days, and their exports."""

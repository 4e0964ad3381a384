"""Housekeeping: the worker purges what has expired."""

"""Notifications: what processors tell us by webhook."""

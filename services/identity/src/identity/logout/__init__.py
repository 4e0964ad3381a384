"""Logout: at a service's request (RP-initiated), and notices to services (back-channel)."""

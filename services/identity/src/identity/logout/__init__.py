"""Logout: at a service's request (RP-initiated), and logout tokens to services (back-channel)."""

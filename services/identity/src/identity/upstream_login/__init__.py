"""Signing in at an upstream: request, callback, linked accounts, logout."""

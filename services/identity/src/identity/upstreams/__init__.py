"""Upstreams: the identity providers a council registers for sign-in."""

"""The HTTP endpoints of sign_in."""

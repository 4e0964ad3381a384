"""Pages on which people sign in and open an account."""

"""Hands a finished form over to casework and payments, and says what has become of it."""

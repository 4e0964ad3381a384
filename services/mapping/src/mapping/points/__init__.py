"""Where each property is: a projection of address's events."""

"""What MapIt says of areas, without a database."""

"""What layers and their features are, without a database."""

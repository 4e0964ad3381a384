"""What data sets must be like, without a database."""

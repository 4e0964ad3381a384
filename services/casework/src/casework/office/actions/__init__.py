"""What the pages of the office do beyond the API of cases."""

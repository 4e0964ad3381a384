"""Routes of the pages of counter staff."""

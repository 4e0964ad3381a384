"""What the pages of the office ask and say. Pure."""

"""Facts: looked up at the platform and at the council's suppliers, and addresses to choose from."""

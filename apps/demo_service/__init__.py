"""A council's service in one page, for who builds one: it signs residents in and shows what it was told."""

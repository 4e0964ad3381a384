"""A council's service in one page, as an example: it signs residents in and shows the claims it gets."""

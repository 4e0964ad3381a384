"""A person's own cases, those of others for whom they act, and the look-up of guests."""

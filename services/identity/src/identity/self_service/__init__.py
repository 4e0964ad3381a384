"""Pages on which signed-in people manage their own account."""

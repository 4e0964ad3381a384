"""Pages where signed-in people manage their own account."""

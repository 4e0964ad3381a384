"""What the map pages show, read from layers in memory."""

"""Features in memory: arrays, an index, and ready-made bytes."""

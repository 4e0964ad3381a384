"""What is at a point: areas and zones, the street, assets near it, and who looks after it."""

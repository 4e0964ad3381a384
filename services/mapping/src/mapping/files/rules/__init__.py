"""What files of map data may be, and what is made of their rows. Pure."""

"""Map pages for the public: layers, the map, finding a place, and putting a pin on one."""

"""Files of recipes: YAML 1.2 with the line of everything, and where each file stands."""

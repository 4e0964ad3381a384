"""How a row of a file becomes a feature, and when a load may be published. Pure."""

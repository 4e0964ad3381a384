"""Events casework listens to: none of its own yet; the chassis follows the councils."""

"""Figures of casework by type and week, in which nobody's data are."""

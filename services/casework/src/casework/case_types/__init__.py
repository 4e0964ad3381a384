"""Case types: those that ship, simulation, and each council's versions."""

"""Pure rules of case types: scenarios and simulation."""

"""The address service's tables, step by step."""

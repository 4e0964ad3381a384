"""Merges a council's differences into a recipe, by key at every depth, within what a council may touch."""

"""Scenarios beside a recipe: read, played with a virtual clock, compared with what they expect, explained."""

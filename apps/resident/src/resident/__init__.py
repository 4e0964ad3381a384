"""Townhall resident: a council's services as pages, made of recipes."""

"""Layers in the memory of each process, current within a second; what is too large stays in PostgreSQL."""

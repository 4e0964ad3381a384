"""Clients: machines and services of councils, their keys and secrets, and how they authenticate."""

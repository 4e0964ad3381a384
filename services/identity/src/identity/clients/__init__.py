"""Clients: machines and services of councils, their keys, secrets and API keys, and client authentication."""

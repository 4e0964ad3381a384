"""Test people and testers: who may sign in to a service of the sandbox."""

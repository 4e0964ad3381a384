"""Histories sealed each day, and whether they are as they were."""

"""Batches of matching: uploaded, matched by the worker, fetched, deleted."""

"""Permits and subscriptions that people hold by their cases."""

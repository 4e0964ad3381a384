"""Actions of gateway accounts."""

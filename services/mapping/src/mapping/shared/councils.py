"""What is no single council's."""

NATIONAL = "region"
"""``council`` of layers that stand once and that every council has; no council may be named so."""

"""The operations of Open311."""

"""The processors of this installation."""

"""Erases what is personal when it is no longer needed, holds what still is, and shows people theirs."""

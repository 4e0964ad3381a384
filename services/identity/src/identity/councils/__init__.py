"""Councils as data, the gateway's snapshot, and the operator's commands."""

"""Scopes that several domains ask for."""

OFFICE, APPROVE, TAKINGS = "payments:office", "payments:approve", "payments:takings"

"""Disputes: payers who ask their bank for the money back."""

"""The read model: places of today and of past days, written with every change; other SQL reads it."""

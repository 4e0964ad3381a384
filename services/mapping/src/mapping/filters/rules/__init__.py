"""The rules of CQL2: nothing here reads a database or the clock."""

"""Pure rules of the language: no I/O and no clock."""

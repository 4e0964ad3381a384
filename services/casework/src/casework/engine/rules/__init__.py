"""Pure rules of the engine: no SQL, no I/O, no reading of the time."""

"""Pure modules that several domains of payments use: no SQL, no routes."""

"""The model: a compiled case type, the state of a case, acts on it and the answers to them."""

"""The documents case types are written as, from which the JSON Schema of the language comes."""

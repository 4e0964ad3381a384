"""The language of case types: read from YAML with positions, checked, and compiled to frozen dataclasses."""

"""The rules of residents' own cases."""

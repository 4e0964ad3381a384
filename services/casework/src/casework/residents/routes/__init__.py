"""The routes of residents' own cases."""

"""The actions of residents' own cases."""

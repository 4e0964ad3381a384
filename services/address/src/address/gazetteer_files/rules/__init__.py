"""The pure rules of gazetteer files."""

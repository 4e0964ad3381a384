"""The use cases of gazetteer files."""

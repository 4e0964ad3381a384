"""The resources of OGC API Features."""

"""The rules of OGC API Features: parameters, coordinates, and the documents that describe the service."""

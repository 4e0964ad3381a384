"""The office's pages and API."""

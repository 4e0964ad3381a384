"""The API of payment links, and their pages."""

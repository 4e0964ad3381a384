"""The API models of council finance."""

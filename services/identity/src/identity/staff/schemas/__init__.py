"""The API models of staff and SCIM."""

"""A council's staff: roles, SCIM provisioning, and what changes when a role does."""

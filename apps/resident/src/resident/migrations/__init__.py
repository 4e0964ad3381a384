"""Alembic revisions, in the wheel so that the image migrates itself."""

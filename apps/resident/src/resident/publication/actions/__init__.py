"""What is published: read, checked, prepared at casework, flipped, taken back."""

from resident.publication.actions.reads import get_bundle, get_case_type, get_live, list_live

__all__ = ["get_bundle", "get_case_type", "get_live", "list_live"]

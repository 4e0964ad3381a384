"""What is published: read, checked, prepared at casework, flipped, taken back."""

from resident.publication.actions.reads import (
    CaseTypeVersion,
    find_case_type,
    get_bundle,
    get_live,
    list_live,
)

__all__ = ["CaseTypeVersion", "find_case_type", "get_bundle", "get_live", "list_live"]

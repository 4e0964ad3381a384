"""When a load may be published, and what somebody must have agreed to before. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

MANY_MISSING = 0.2
"""The share of a layer's features that may be gone without a second yes."""


class State(StrEnum):
    """Where a load is."""

    RECEIVING = "receiving"
    WAITING = "waiting"  # to be read, or being read
    COMPARED = "compared"  # somebody decides
    REFUSED = "refused"  # the file, whole
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class Consent(StrEnum):
    """What somebody agrees to who publishes a load."""

    REFUSED_ROWS = "refused-rows"
    GUESSES = "guesses"
    MANY_MISSING = "many-missing"


def list_consents(report: Mapping[str, Any], counts: Mapping[str, int]) -> dict[Consent, str]:
    """List what must be agreed to, each with what it means."""
    needed: dict[Consent, str] = {}
    if counts["refused"]:
        needed[Consent.REFUSED_ROWS] = f"{counts['refused']:,} rows are left out."
    guesses = [note["detail"] for note in report["notes"] if note["guess"]]
    if guesses:
        needed[Consent.GUESSES] = " ".join(guesses)
    if counts["missing"] > MANY_MISSING * counts["standing"]:
        share = f"{counts['missing']:,} of the layer's {counts['standing']:,} features"
        needed[Consent.MANY_MISSING] = f"{share} are not in the file, and would be gone."
    return needed

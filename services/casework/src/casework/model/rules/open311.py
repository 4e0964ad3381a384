"""How sites where residents report problems see a case type: Open311 GeoReport v2 and its statuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.shared.words import Words

OPEN_STATUSES = (
    "open", "investigating", "in_progress", "planned", "action_scheduled", "for_triage", "reopen",
)  # fmt: skip
"""Statuses of a report on which somebody works."""
CLOSED_STATUSES = (
    "fixed", "closed", "duplicate", "internal_referral", "not_councils_responsibility", "no_further_action",
    "cancelled",
)  # fmt: skip
"""Statuses of a report that is over here."""
STATUSES = OPEN_STATUSES + CLOSED_STATUSES


@dataclass(frozen=True, slots=True)
class Open311Service:
    """A case type as a service of Open311.

    ``action`` opens a case. ``place``, ``details``, ``contact`` and ``photos`` are the fields that take what
    every report says; empty where the case type has none.
    """

    description: Words
    group: Words
    keywords: tuple[str, ...]
    private: bool
    action: str
    place: str
    details: str
    contact: str
    photos: str
    statuses: Mapping[str, str]  # state -> status

    @property
    def report_fields(self) -> frozenset[str]:
        """Return the fields that a report fills without an attribute."""
        return frozenset({self.place, self.details, self.contact, self.photos} - {""})


def is_open(status: str) -> bool:
    """Check whether somebody works on a report of this status."""
    return status in OPEN_STATUSES

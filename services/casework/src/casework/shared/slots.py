"""The id of a slot: its pool and the instant it begins, so that who has one knows when it is.

``01hzy3t8qk5v7m9x2c4b6n8p0r.20260410T0600Z``
"""

import re
from datetime import UTC, datetime

_PATTERN = re.compile(r"([0-9a-hjkmnp-tv-z]{26})\.([0-9]{8}T[0-9]{4}Z)")
_FORMAT = "%Y%m%dT%H%MZ"


def make_slot_id(pool: str, starts_at: datetime) -> str:
    """Make the id of a slot of a pool."""
    return f"{pool}.{starts_at.astimezone(UTC):{_FORMAT}}"


def read_slot_id(text: str) -> tuple[str, datetime] | None:
    """Read the pool's id and the start; None if it is no slot's id."""
    match = _PATTERN.fullmatch(text)
    try:
        return match and (match[1], datetime.strptime(match[2], _FORMAT).replace(tzinfo=UTC))
    except ValueError:
        return None

"""Generations of a layer: what a file replaces holds until the moment from which the file does."""

from datetime import UTC, datetime

_MAX_ID = 200


def begins_before(valid_from: datetime | None, moment: datetime) -> bool:
    """Check whether a feature begins before a moment; one without a beginning always was."""
    return valid_from is None or valid_from < moment


def name_former(fid: str, moment: datetime) -> str:
    """Name what a feature was until a moment: its id with that moment, in UTC."""
    suffix = f"~{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{fid[: _MAX_ID - len(suffix)]}{suffix}"

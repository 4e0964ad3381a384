"""Times as the API writes them: UTC, milliseconds, Z. As text they sort in their order."""

from datetime import UTC, date, datetime, timedelta

from simulators.card_processor.errors import ApiError

_SATURDAY = 5
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """Write a time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str, field: str = "now") -> datetime:
    """Read a time. Raises ApiError if it has no zone, or lies before 2000 or after 2099."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
            raise ValueError
    except (ValueError, OverflowError):
        reason = "Send a time with a zone between 2000 and 2099, such as 2026-04-01T09:00:00Z"
        raise ApiError(400, "invalid_value", reason, field) from None
    return moment.astimezone(UTC)


def add_seconds(text: str, seconds: int) -> str:
    """Return a time some seconds later, and the last one that the clock knows at most."""
    return format_time(min(parse_time(text) + timedelta(seconds=seconds), LATEST - timedelta(milliseconds=1)))


def add_working_days(text: str, days: int) -> date:
    """Return the date some days later that are neither Saturday nor Sunday."""
    day = parse_time(text).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return day

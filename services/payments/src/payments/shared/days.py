"""Days as councils count them: local ones, where the clocks change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis import clock

_LONDON = ZoneInfo("Europe/London")


def today() -> date:
    """Return this day in the United Kingdom."""
    return clock.now().astimezone(_LONDON).date()


def format_day(day: date) -> str:
    """Write a day as people read it: 1 April 2026."""
    return f"{day.day} {day:%B %Y}"


def format_moment(moment: datetime) -> str:
    """Write a moment in UK time: 1 April 2026, 3:05pm."""
    local = moment.astimezone(_LONDON)
    return f"{format_day(local)}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"  # noqa: PLR2004

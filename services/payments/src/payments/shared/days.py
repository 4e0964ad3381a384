"""Days as councils count them: local ones, where the clocks change."""

from datetime import date
from zoneinfo import ZoneInfo

from chassis import clock

_LONDON = ZoneInfo("Europe/London")


def today() -> date:
    """Return this day in the United Kingdom."""
    return clock.now().astimezone(_LONDON).date()

"""Rules of schedules: pure, no clock. Each says when the next time after a moment is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = "Europe/London"
_MAX_INTERVAL = 86_400  # seconds
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many seconds, at the same times wherever it is computed: the multiples since 1970 in UTC."""

    seconds: int

    def __post_init__(self) -> None:
        """Check the interval."""
        if not 1 <= self.seconds <= _MAX_INTERVAL:
            raise ValueError(f"every {self.seconds} s: 1 to {_MAX_INTERVAL}; use Daily for days")

    def __str__(self) -> str:
        return f"every {self.seconds} s"

    @property
    def longest(self) -> timedelta:
        """Return the longest time between two times."""
        return timedelta(seconds=self.seconds)

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after a moment."""
        count = int(moment.timestamp() // self.seconds) + 1
        return datetime.fromtimestamp(count * self.seconds, UTC)


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at a local time: ``Daily("02:30")``.

    A time that the clocks skip in spring is the next that exists; of one that they repeat in autumn it is
    the first.
    """

    at: str
    zone: str = LONDON

    def __post_init__(self) -> None:
        """Check the time and the zone."""
        if time.fromisoformat(self.at).tzinfo is not None:
            raise ValueError(f"{self.at}: the zone is a field of its own")
        ZoneInfo(self.zone)

    def __str__(self) -> str:
        return f"daily {self.at} {self.zone}"

    @property
    def longest(self) -> timedelta:
        """Return the longest time between two times: a day, and what the clocks are put back."""
        return timedelta(days=1, hours=2)

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after a moment, in UTC."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        # A zone may skip a whole day: the third candidate is after the moment in any case.
        candidates = (self._on(day + timedelta(days=days)) for days in range(4))
        return next(candidate for candidate in candidates if candidate > moment)

    def _on(self, day: date) -> datetime:
        zone = ZoneInfo(self.zone)
        local = datetime.combine(day, time.fromisoformat(self.at))
        while True:
            at = local.replace(tzinfo=zone).astimezone(UTC)
            if at.astimezone(zone).replace(tzinfo=None) == local:
                return at
            local += _MINUTE  # the clocks skip this minute


Rule = Every | Daily

"""Faults that a test has a small simulator make: errors, and answers that come late."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

MOST_SECONDS = 60.0
MOST_TIMES = 1_000
_ERRORS = range(400, 600)


@dataclass(slots=True)
class Fault:
    """What the next answers are: ``status`` (0: as usual), after ``seconds``; ``times`` left."""

    status: int
    seconds: float
    times: int


@dataclass(slots=True)
class Faults:
    """The faults of one simulator, the first first."""

    waiting: list[Fault] = field(default_factory=list)

    def add(self, members: Any) -> Fault:
        """Add ``{"status": 503, "seconds": 2, "times": 3}``. Raises ValueError."""
        if not isinstance(members, dict) or not members.keys() <= {"status", "seconds", "times"}:
            raise ValueError("A fault has status, seconds and times")
        status, seconds, times = (
            members.get(name, usual) for name, usual in (("status", 0), ("seconds", 0.0), ("times", 1))
        )
        if not isinstance(status, int) or (status and status not in _ERRORS):
            raise ValueError("status is an error, 400 to 599, or 0")
        if not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_SECONDS:
            raise ValueError(f"seconds is 0 to {MOST_SECONDS:g}")
        if not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
            raise ValueError(f"times is 1 to {MOST_TIMES}")
        fault = Fault(status, float(seconds), times)
        self.waiting.append(fault)
        return fault

    async def take(self) -> Response | None:
        """Make the next fault: wait, then return its answer; None if the request is answered as usual."""
        if not self.waiting:
            return None
        fault = self.waiting[0]
        fault.times -= 1
        if not fault.times:
            self.waiting.remove(fault)
        await asyncio.sleep(fault.seconds)
        if not fault.status:
            return None
        return JSONResponse(
            {"errors": [{"status": str(fault.status), "title": "Simulated fault"}]}, fault.status
        )

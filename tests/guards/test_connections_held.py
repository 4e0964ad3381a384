"""No wait while a pooled connection is held: a few slow callers would keep it from everybody else.

To sleep, to hash in a thread, to wait for a lock or to call another server comes before a transaction or
after it. The source is read, not run. A function holds a connection if it takes a session, by itself or as
a route by a dependency, and so does a block of ``async with database.writing()`` or ``.reading()``. What
such code awaits, however deep, may wait for the database alone.
"""

from dataclasses import dataclass, field

SESSIONS = {"Session", "ReadSession", "Writing", "Reading"}
OPENING = {"writing", "reading"}
WAITING = {"asyncio", "httpx"}
THREADS = {"run_in_executor"}
LOCK = "asyncio.Lock"
# Function to reason: who adds one has thought about how long a connection is held by it, and how often.
ALLOWED = {}


@dataclass
class Function:
    """What an async function awaits, and what of that while it holds a connection."""

    name: str
    awaits: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

"""Consumers: what a service does with another capability's events. ``chassis.delivery.runner`` runs them.

The two are apart, so that a web process, which consumes nothing, does not load the client of NATS.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis import heartbeats, metrics
from chassis.database import Session
from chassis.events import Data, EventData, Received

log = logging.getLogger(__name__)

Handle = Callable[[Session, Sequence[Received[Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """A view of an event and the function that handles a batch of them."""

    view: type[EventData]
    handle: Handle


@dataclass(frozen=True)
class Consumer:
    """The handlers of another capability's events. ``name`` is unique within the service.

    A ``projection`` keeps a copy of what events say, and is set to their snapshots. Its handlers take a
    snapshot whatever its sequence, and another event if its sequence is higher than the copy's. A consumer
    that acts on what happens is none: snapshots never reach it.
    """

    name: str
    capability: str
    projection: bool = False
    handlers: dict[str, Handler] = field(default_factory=dict)

    def on(self, view: type[Data]) -> Callable[[Callable[[Session, Received[Data]], Awaitable[None]]], Any]:
        """Handle events of the view's type one at a time."""

        def register(handle: Callable[[Session, Received[Data]], Awaitable[None]]) -> Any:
            async def handle_each(session: Session, events: Sequence[Received[Data]]) -> None:
                for event in events:
                    await handle(session, event)

            self._add(view, handle_each)
            return handle

        return register

    def on_batch(
        self, view: type[Data]
    ) -> Callable[[Callable[[Session, Sequence[Received[Data]]], Awaitable[None]]], Any]:
        """Handle events of the view's type by the batch: for projections that fill by the million."""

        def register(handle: Callable[[Session, Sequence[Received[Data]]], Awaitable[None]]) -> Any:
            self._add(view, handle)
            return handle

        return register

    def _add(self, view: type[EventData], handle: Handle) -> None:
        if view.capability() != self.capability or view.event_type in self.handlers:
            raise ValueError(f"{self.name}: {view.event_type} is another capability's, or handled already")
        self.handlers[view.event_type] = Handler(view, handle)

    def subjects(self) -> list[str]:
        """List the NATS subjects of the events it handles, of every council."""
        return sorted(handler.view.nats_subject("*") for handler in self.handlers.values())


_FIRST_DELAY = 0.1  # seconds before a coroutine that failed runs again, doubled each time
_LONGEST_DELAY = 0.5
_STEADY = 10.0  # seconds after which a failure counts as the first
_LOG_INTERVAL = 60.0


async def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine again soon after it fails: the database or NATS was away. Log it once a minute."""
    logged = float("-inf")
    delay = _FIRST_DELAY
    if (task := asyncio.current_task()) is not None:
        task.set_name(name)
    while True:
        started = time.monotonic()
        try:
            await work()
        except Exception:
            metrics.count_failure(name)
            heartbeats.stop_watching()
            now = time.monotonic()
            if now - started > _STEADY:
                delay = _FIRST_DELAY
            if now - logged > _LOG_INTERVAL:
                logged = now
                log.exception("%s stopped; starting it again", name)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

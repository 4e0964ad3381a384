"""The HTTP server of a service: uvicorn, stopped so that no request behind a load balancer fails."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn

_CLOSE = [(b"connection", b"close")]


class Server(uvicorn.Server):
    """Drains on SIGTERM: calls ``on_drain`` at once, serves on for ``wait`` seconds, and then stops.

    While it drains, every answer closes its connection, so that the next request opens one to another
    replica. A second signal ends the process at once, with the requests in flight. Ctrl+C, and a signal
    before the start is complete, stop without the wait.
    """

    def __init__(self, config: uvicorn.Config, wait: float, on_drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._wait = wait
        self._on_drain = on_drain
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Begin to drain, or stop; uvicorn calls this for SIGTERM and SIGINT."""
        if self._captured_signals:
            self.should_exit = self.force_exit = True
            self.config.timeout_graceful_shutdown = 0
        elif sig == signal.SIGTERM and self.started:
            self._drain()
        else:
            self.should_exit = True
        self._captured_signals.append(sig)  # the exit status is that of the signal

    def _drain(self) -> None:
        self._on_drain()
        self._stop_at = time.monotonic() + self._wait
        # uvicorn copies the first list to the second every second.
        self.config.encoded_headers = [*self.config.encoded_headers, *_CLOSE]
        self.server_state.default_headers = [*self.server_state.default_headers, *_CLOSE]

    async def on_tick(self, counter: int) -> bool:
        """Stop when the wait is over; uvicorn calls this ten times a second."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True  # the listener closes, and requests in flight are finished
        return await super().on_tick(counter)

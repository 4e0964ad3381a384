"""The simulator: its state, and the application that serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from simulators.card_processor import api, control, delivery, management
from simulators.card_processor.requests import answer_http_error
from simulators.card_processor.state import SimulatorState


class Simulator(SimulatorState):
    """The processor, served by the ASGI application ``app``.

    The application's lifespan delivers webhooks. Without one, as in a test, ``deliver`` does.
    """

    def __init__(self, url: str = "http://localhost:8009", folder: Path | None = None) -> None:
        super().__init__(url, folder)
        routes = [*api.routes(self), *control.routes(self), *management.routes(self)]
        errors = {HTTPException: answer_http_error}
        self.app = Starlette(routes=routes, exception_handlers=errors, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        worker = asyncio.create_task(delivery.run_forever(self))
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker

    async def deliver(self) -> int:
        """Run what is due by the clocks, send the webhooks that are due; return how many were accepted."""
        self.run_timers()
        return await delivery.deliver_due(self)

    def close(self) -> None:
        """Close the state's file."""
        self.database.close()

"""The simulator: its state, and the application that serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette

from simulators.direct_debit import api, control, delivery, pages
from simulators.direct_debit.state import SimulatorState

_POLL_SECONDS = 0.5


class Simulator(SimulatorState):
    """The provider, served by the ASGI application ``app``.

    The application's lifespan delivers webhooks. Without one, as in a test, ``deliver`` does.
    """

    def __init__(self, url: str = "http://localhost:8010", folder: Path | None = None) -> None:
        super().__init__(url, folder)
        routes = [*api.routes(self), *control.routes(self), *pages.routes(self)]
        self.app = Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        worker = asyncio.create_task(self._run_forever())
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker

    async def _run_forever(self) -> None:
        while True:
            self.announced.clear()
            await self.deliver()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.announced.wait(), _POLL_SECONDS)

    async def deliver(self) -> int:
        """Do what is due by the clocks, send the webhooks that wait; return how many were accepted."""
        for name in self.list_accounts():
            with self.session(name):
                pass
        return await delivery.deliver(self)

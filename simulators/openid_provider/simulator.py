"""The simulator: the state of both providers, and the application that serves them."""

from starlette.applications import Starlette

from simulators.openid_provider import endpoints, logout, management
from simulators.openid_provider.state import SimulatorState


class Simulator(SimulatorState):
    """Both providers, served by the ASGI application ``app``."""

    def __init__(self, url: str = "http://localhost:8008") -> None:
        super().__init__(url)
        self.app = Starlette(routes=[*endpoints.routes(self), *management.routes(self)])

    async def log_out(self, person: str) -> None:
        """End every session of a person, and send logout tokens to the clients."""
        await logout.end_sessions(self, person)

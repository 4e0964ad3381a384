"""The capabilities as this app reaches them: by the gateway, with each council's own client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Request

from chassis.jobs import CallContext
from chassis.problems import Problem
from resident.settings import Settings
from townhall_client import AsyncTownhall, ClientSecret, Credential, PrivateKeyJwt, RetryPolicy

# A page waits no longer; what must happen in the end is a job, which calls again.
_PATIENCE = RetryPolicy(attempts=3, deadline=8.0, longest_wait=1.0)


class Platform:
    """A client for each council, kept for the process. Its file of credentials may change meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._gateway, self._file = settings.gateway_url, settings.clients
        self._http: httpx.AsyncClient | None = None
        self._clients: dict[str, AsyncTownhall] = {}
        self._read_at = 0  # the file's own time, in nanoseconds

    def get(self, council: str) -> AsyncTownhall:
        """Get a council's client. Raises Problem (503) if this app has no credentials for it."""
        changed_at = self._file.stat().st_mtime_ns if self._file.exists() else 0
        if changed_at != self._read_at:
            self._clients, self._read_at = self._make_clients(), changed_at
        if council not in self._clients:
            detail = "This council's services cannot be used yet. Try again later."
            raise Problem(503, "no-client", detail)
        return self._clients[council]

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    def _make_clients(self) -> dict[str, AsyncTownhall]:
        if self._http is None:
            self._http = make_http()
        return {
            council: AsyncTownhall(
                self._gateway, council, _make_credential(client), retries=_PATIENCE, http=self._http
            )
            for council, client in _read_file(self._file).items()
        }


def make_http() -> httpx.AsyncClient:
    """Make the connections to the gateway. Councils share them: each request has its own credential."""
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=200, keepalive_expiry=30))


def _read_file(file: Path) -> dict[str, dict[str, Any]]:
    return json.loads(file.read_text()) if file.exists() else {}


def _make_credential(client: dict[str, Any]) -> Credential:
    if "key" in client:
        return PrivateKeyJwt(client["client_id"], client["key"], audience=client.get("audience", ""))
    return ClientSecret(client["client_id"], client["secret"])


@asynccontextmanager
async def open_platform(app: FastAPI) -> AsyncIterator[None]:
    """Close the web process's connections in the end. Pages share them with the calls of ``Calls``."""
    platform: Platform = app.state.calls.share(Platform)
    try:
        yield
    finally:
        await platform.close()


async def _get_platform(request: Request) -> AsyncTownhall:
    calls: CallContext = request.app.state.calls
    return calls.share(Platform).get(request.path_params["council"])


ThePlatform = Annotated[AsyncTownhall, Depends(_get_platform)]
"""The client of the council in the path."""

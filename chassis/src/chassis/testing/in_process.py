"""Let servers of the outside world answer within the test's process: without sockets a call is cheap."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import pytest

from chassis.outbound import connections
from chassis.outbound.errors import BrokenResponseError
from chassis.outbound.requests import Request, Response, Target

App = Callable[[Any, Any, Any], Awaitable[None]]


@contextmanager
def answering(apps: Mapping[str, App]) -> Iterator[None]:
    """Have applications answer this process's outbound requests to their origins (``http://127.0.0.1:8009``).

    All of ``chassis.outbound`` but the connection is as ever: time limits, retries, circuits, headers.
    """
    exchange = connections.exchange

    async def answer(request: Request, target: Target, tls: Any, backend: Any, extra: Any) -> Response:
        if app := apps.get(target.origin):
            return await _Call(request, target, extra).run(app)
        return await exchange(request, target, tls, backend, extra)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "exchange", answer)
        yield


class _Call:
    """One request, and the response to it."""

    def __init__(self, request: Request, target: Target, extra: Mapping[str, str]) -> None:
        self._request, self._target = request, target
        self._headers = {"Host": target.authority, **extra, **request.headers}
        self._is_sent = False
        self._abandoned = asyncio.Event()
        self._start: dict[str, Any] = {}
        self._body = bytearray()

    async def run(self, app: App) -> Response:
        """Call the application. It goes on when the caller has gone, as a server does."""
        serving = asyncio.ensure_future(app(self._make_scope(), self._receive, self._send))
        try:
            await asyncio.shield(serving)
        finally:
            self._abandoned.set()
        if not self._start or len(self._body) > self._request.max_bytes:
            raise BrokenResponseError("did not answer, or too much", self._target.host)
        headers = {name.decode().lower(): text.decode("latin-1") for name, text in self._start["headers"]}
        return Response(self._start["status"], bytes(self._body), headers)

    def _make_scope(self) -> dict[str, Any]:
        path, _, query = self._target.path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._request.method,
            "scheme": self._target.scheme,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), text.encode()) for name, text in self._headers.items()],
            "client": ("127.0.0.1", 1),
            "server": (self._target.host, self._target.port),
        }

    async def _receive(self) -> dict[str, Any]:
        if self._is_sent:
            await self._abandoned.wait()
            return {"type": "http.disconnect"}
        self._is_sent = True
        return {"type": "http.request", "body": self._request.content or b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

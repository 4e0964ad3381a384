"""HTTP calls to servers that clients name, made safely: the URI is the client's, and might mean us.

Only https, but for tests on a laptop. The name is looked up once and every address it has must be public; the
connection is made to one of those, so that the name cannot lead elsewhere a moment later. No redirect is
followed, no proxy or cookie used. Time and size are limited as a whole, so that a slow response ends too.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import httpcore

from identity.settings import Settings
from identity.shared.rules import networks

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_MAX_ADDRESSES = 3  # addresses of one name
_SUCCESS = (200, 204)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_FAULTS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    httpcore.TimeoutException,
)


class OutboundError(Exception):
    """A call that did not succeed. The text says why, and may be shown to the client that named the URI."""


class OutboundResponse(NamedTuple):
    """A server's response: its status, which may be an error's, and the body."""

    status: int
    body: bytes


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Look up the addresses of a name."""
    loop = asyncio.get_running_loop()
    records = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in records))


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were checked."""

    def __init__(self, settings: Settings, look_up: Resolve, *, local_only: bool) -> None:
        self._is_allowed = networks.is_loopback if local_only else networks.is_public
        self._allow_private = settings.outbound_private and not local_only
        self._look_up = look_up
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._look_up(host, port)
        except OSError as error:
            raise OutboundError("has a host that is not found in DNS") from error
        if not addresses or not (self._allow_private or all(map(self._is_allowed, addresses))):
            raise OutboundError("has a host whose address is not public")
        failure: Exception = OutboundError("cannot be reached")
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class Outbound:
    """Calls servers that clients have named. ``look_up`` resolves names; tests pass their own."""

    def __init__(self, settings: Settings, look_up: Resolve = resolve_host) -> None:
        self._settings = settings
        self._look_up = look_up
        self._slots = asyncio.Semaphore(settings.outbound_at_once)

    async def get(
        self, uri: str, *, accept: str, max_bytes: int, allow_http: bool = False, bearer: str | None = None
    ) -> bytes:
        """Get a body. ``bearer``: an access token to send. Raises OutboundError."""
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        response = await self._call("GET", uri, headers, None, max_bytes, allow_http=allow_http)
        return _require_success(response).body

    async def post(self, uri: str, form: bytes, *, max_bytes: int, local_only: bool = False) -> bytes:
        """Post a form; answers the body. ``local_only``: call this machine and no other, by http too.

        Raises OutboundError.
        """
        response = await self._call(
            "POST", uri, _FORM, form, max_bytes, allow_http=local_only, local_only=local_only
        )
        return _require_success(response).body

    async def submit(
        self, uri: str, form: bytes, *, max_bytes: int, allow_http: bool = False
    ) -> OutboundResponse:
        """Post a form; answers the JSON response whatever its status: an error has a body too.

        Raises OutboundError.
        """
        headers = {**_FORM, "Accept": "application/json"}
        return await self._call("POST", uri, headers, form, max_bytes, allow_http=allow_http)

    async def _call(
        self,
        method: str,
        uri: str,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        *,
        allow_http: bool = False,
        local_only: bool = False,
    ) -> OutboundResponse:
        if not uri.startswith(("https://", "http://") if allow_http else "https://"):
            raise OutboundError("must be https")
        seconds = self._settings.outbound_seconds
        try:
            async with self._slots, asyncio.timeout(seconds):
                return await self._send(method, uri, headers, body, max_bytes, local_only=local_only)
        except TimeoutError as error:
            raise OutboundError(f"did not answer within {seconds:g} seconds") from error
        except _FAULTS as error:
            raise OutboundError("cannot be reached, or its certificate or answer does not hold") from error

    async def _send(
        self,
        method: str,
        uri: str,
        headers: Mapping[str, str],
        body: bytes | None,
        max_bytes: int,
        *,
        local_only: bool,
    ) -> OutboundResponse:
        request_headers = {"Accept-Encoding": "identity", "User-Agent": "townhall-identity", **headers}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=_tls_context(self._settings.outbound_ca),
                max_connections=1,
                network_backend=_CheckedBackend(self._settings, self._look_up, local_only=local_only),
            ) as pool,
            pool.stream(method, uri, headers=list(request_headers.items()), content=body) as response,
        ):
            received = bytearray()
            async for part in response.aiter_stream():
                received += part
                if len(received) > max_bytes:
                    raise OutboundError(f"answered more than {max_bytes:,} bytes")
            return OutboundResponse(response.status, bytes(received))


@cache
def _tls_context(authorities: str) -> ssl.SSLContext:
    """Make the context once a process: it reads a file of authorities."""
    return ssl.create_default_context(cafile=authorities or None)


def _require_success(response: OutboundResponse) -> OutboundResponse:
    if response.status not in _SUCCESS:
        raise OutboundError(f"answered {response.status}, not 200 (redirects are not followed)")
    return response

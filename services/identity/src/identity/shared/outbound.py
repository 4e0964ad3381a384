"""Calling a server on a client's word (its keys), safely: the client says where, and might mean us.

https only, but for providers on a laptop; the name is looked up once, every address it has must be public,
and the connection is made to one of those and no other, so that the name cannot lead elsewhere a moment
later. No redirect is followed, no proxy or cookie used; time and size are limited as a whole, so that a slow
answer ends too.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
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
    """The call did not succeed; the text says why, and may be told to whoever named the URI."""


class OutboundResponse(NamedTuple):
    """What a server said: its status, which may be an error's, and the body."""

    status: int
    body: bytes


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to a name's addresses as they were when they were checked."""

    def __init__(self, settings: Settings, look_up: Resolve, *, here: bool) -> None:
        self._allowed = networks.is_loopback if here else networks.is_public
        self._everywhere = settings.outbound_private and not here
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
            found = await self._look_up(host, port)
        except OSError as error:
            raise OutboundError("has a host that is not found in DNS") from error
        if not found or not (self._everywhere or all(map(self._allowed, found))):
            raise OutboundError("has a host whose address is not public")
        failed: Exception = OutboundError("cannot be reached")
        for address in found[:_MAX_ADDRESSES]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class Outbound:
    """Calls to servers that clients have named. ``look_up``: how names are found; tests put their own."""

    def __init__(self, settings: Settings, look_up: Resolve = resolve_host) -> None:
        self._settings = settings
        self._look_up = look_up
        self._tls: ssl.SSLContext | None = None
        self._at_once = asyncio.Semaphore(settings.outbound_at_once)

    async def get(
        self, uri: str, *, accept: str, most: int, plain: bool = False, bearer: str | None = None
    ) -> bytes:
        """The body of the answer. ``plain``: http will do; ``bearer``: a token to show.

        Raises OutboundError.
        """
        shown = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = await self._call("GET", uri, {"Accept": accept, **shown}, None, most, plain=plain)
        return _require_success(answer).body

    async def post(self, uri: str, form: bytes, *, most: int, here: bool = False) -> bytes:
        """The body of the answer to a form. ``here``: http at this machine, and nowhere else, will do.

        Raises OutboundError.
        """
        return _require_success(await self._call("POST", uri, _FORM, form, most, plain=here, here=here)).body

    async def submit(self, uri: str, form: bytes, *, most: int, plain: bool = False) -> OutboundResponse:
        """The JSON answer to a form, whatever its status: an error has a body too. Raises OutboundError."""
        headers = {**_FORM, "Accept": "application/json"}
        return await self._call("POST", uri, headers, form, most, plain=plain)

    async def _call(
        self,
        method: str,
        uri: str,
        headers: Mapping[str, str],
        body: bytes | None,
        most: int,
        *,
        plain: bool = False,
        here: bool = False,
    ) -> OutboundResponse:
        if not uri.startswith(("https://", "http://") if plain else "https://"):
            raise OutboundError("must be https")
        seconds = self._settings.outbound_seconds
        try:
            async with self._at_once, asyncio.timeout(seconds):
                return await self._answer(method, uri, headers, body, most, here=here)
        except TimeoutError as error:
            raise OutboundError(f"did not answer within {seconds:g} seconds") from error
        except _FAULTS as error:
            raise OutboundError("cannot be reached, or its certificate or answer does not hold") from error

    async def _answer(
        self, method: str, uri: str, headers: Mapping[str, str], body: bytes | None, most: int, *, here: bool
    ) -> OutboundResponse:
        sent = {"Accept-Encoding": "identity", "User-Agent": "townhall-identity", **headers}
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._trusted(),
                max_connections=1,
                network_backend=_CheckedBackend(self._settings, self._look_up, here=here),
            ) as pool,
            pool.stream(method, uri, headers=list(sent.items()), content=body) as answer,
        ):
            received = bytearray()
            async for part in answer.aiter_stream():
                received += part
                if len(received) > most:
                    raise OutboundError(f"answered more than {most:,} bytes")
            return OutboundResponse(answer.status, bytes(received))

    def _trusted(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._settings.outbound_ca or None)
        return self._tls


def _require_success(answer: OutboundResponse) -> OutboundResponse:
    if answer.status not in _SUCCESS:
        raise OutboundError(f"answered {answer.status}, not 200 (redirects are not followed)")
    return answer

"""A connection to an address that was checked, and one exchange over it."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import httpcore

from chassis.outbound import addresses
from chassis.outbound.errors import (
    BrokenResponseError,
    CertificateError,
    ForbiddenTargetError,
    InvalidRequestError,
    TooLargeError,
    UnreachableError,
)
from chassis.outbound.requests import Reach, Request, Response, Target

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
IsAllowed = Callable[[str], bool]

_MAX_ADDRESSES = 3  # addresses of one name that are tried
_HEADER = re.compile(r"[\t\x20-\x7e]*")
_CONNECT_FAULTS = (httpcore.ConnectError, httpcore.ConnectTimeout)


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Look up the addresses of a name."""
    loop = asyncio.get_running_loop()
    records = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in records))


def choose_rule(reach: Reach, *, is_private_allowed: bool) -> IsAllowed:
    """Choose what decides whether an address may be called."""
    if reach is Reach.LOOPBACK:
        return addresses.is_loopback
    if reach is Reach.ANYWHERE or is_private_allowed:
        return lambda _: True
    return addresses.is_public


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Looks a name up once, checks all its addresses, and connects to one of those: no later answer counts.

    One of several addresses has its share of ``seconds``, so that a dead one leaves time for the next.
    """

    def __init__(self, resolve: Resolve, is_allowed: IsAllowed, seconds: float) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._seconds = seconds
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            ip_addresses = await self._resolve(host, port)
        except OSError as error:
            raise UnreachableError("has a host that is not found in DNS", host) from error
        if not ip_addresses or not all(map(self._is_allowed, ip_addresses)):
            raise ForbiddenTargetError("has a host whose address is not public", host)
        failure: Exception = httpcore.ConnectError()
        candidates = ip_addresses[:_MAX_ADDRESSES]
        for address in candidates:
            share = self._seconds / len(candidates)
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except _CONNECT_FAULTS as error:
                failure = error
        raise failure


async def exchange(
    request: Request, target: Target, tls: ssl.SSLContext, backend: CheckedBackend, extra: Mapping[str, str]
) -> Response:
    """Send a request over a connection of its own and read the response. Raises OutboundError.

    ``extra``: headers of ours that the request's own override.
    """
    headers = {"Host": target.authority, "Accept-Encoding": "identity", **extra, **request.headers}
    if not all(_HEADER.fullmatch(text) for text in headers.values()):
        raise InvalidRequestError("is not called: a header of ours is not printable ASCII", target.host)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    try:
        async with (
            httpcore.AsyncConnectionPool(ssl_context=tls, max_connections=1, network_backend=backend) as pool,
            pool.stream(
                request.method, url, headers=list(headers.items()), content=request.content
            ) as response,
        ):
            body = await _read_body(response, request, target.host)
            return Response(response.status, body, _read_headers(response))
    except _CONNECT_FAULTS as error:
        if _is_of_certificate(error):
            raise CertificateError("has a certificate that does not hold", target.host) from error
        raise UnreachableError("cannot be reached", target.host) from error
    except httpcore.LocalProtocolError:
        # Without its cause, which may quote a header.
        raise InvalidRequestError("is not called: the request is not HTTP", target.host) from None
    except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
        raise BrokenResponseError("broke off, or its answer does not hold", target.host) from error


def _is_of_certificate(error: Exception) -> bool:
    """Whether a certificate did not hold: httpcore's error has the cause as its argument."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)


async def _read_body(response: httpcore.Response, request: Request, host: str) -> bytes:
    body, max_bytes = bytearray(), request.max_bytes
    async for part in response.aiter_stream():
        body += part
        if len(body) > max_bytes:
            if request.truncates_body:
                break
            raise TooLargeError(f"answered more than {max_bytes:,} bytes", host)
    return bytes(body[:max_bytes])


def _read_headers(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in response.headers}

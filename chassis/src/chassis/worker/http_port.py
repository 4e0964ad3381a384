"""A small HTTP server for the worker: GET of a few fixed paths, one answer a connection.

It answers the platform and nobody else. FastAPI and uvicorn would cost each worker 30 MiB.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import NamedTuple

_MAX_HEAD = 8_192  # bytes of the request's line and headers
_READ_TIMEOUT = 5.0  # seconds
_ANSWER_TIMEOUT = 10.0
_MAX_CONNECTIONS = 32


class Answer(NamedTuple):
    """An answer: its body and the type of that."""

    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


class ListenError(Exception):
    """The port is occupied, or the host is not this machine's."""


Handle = Callable[[str], Awaitable[Answer]]


@asynccontextmanager
async def serving(handle: Handle, host: str, port: int) -> AsyncIterator[int]:
    """Serve while the block runs, and yield the port. Raises ListenError.

    ``handle`` gets the path of a GET or HEAD, without its query.
    """
    connections: set[asyncio.Task[None] | None] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        connections.add(task)
        try:
            if len(connections) <= _MAX_CONNECTIONS:
                await _serve_connection(handle, reader, writer)
        except asyncio.CancelledError:
            return  # the worker stops; asyncio would log a task that ends as cancelled
        finally:
            connections.discard(task)
            writer.close()

    try:
        server = await asyncio.start_server(connected, host, port, limit=_MAX_HEAD)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        open_connections = [task for task in connections if task]
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)


async def _serve_connection(
    handle: Handle, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):  # the client is gone, or took too long
        method, answer = await _answer(handle, reader)
        async with asyncio.timeout(_ANSWER_TIMEOUT):
            writer.write(_write_head(answer))
            if method != "HEAD":
                writer.write(answer.body)
            await writer.drain()


async def _answer(handle: Handle, reader: asyncio.StreamReader) -> tuple[str, Answer]:
    """Read a request and return its method and the answer."""
    try:
        async with asyncio.timeout(_READ_TIMEOUT):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return "", _explain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    parts = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        return "", _explain(HTTPStatus.BAD_REQUEST)
    method, target, _ = parts
    if method not in ("GET", "HEAD"):
        return method, _explain(HTTPStatus.METHOD_NOT_ALLOWED)
    async with asyncio.timeout(_ANSWER_TIMEOUT):
        return method, await handle(target.partition("?")[0])


def _explain(status: HTTPStatus) -> Answer:
    return Answer(status, f"{status.phrase}\n".encode())


def _write_head(answer: Answer) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        "Connection: close",
    ]
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join([*lines, "", ""]).encode()

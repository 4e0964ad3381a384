"""Checks whether a server is ready."""

import asyncio
from collections.abc import Awaitable, Callable

from dev import ports


def http_ready(port: int, path: str) -> Callable[[], Awaitable[bool]]:
    """Build a check that a GET of `path` answers 200. It runs many times a second, so it is cheap."""
    request = f"GET {path} HTTP/1.1\r\nHost: {ports.HOST}\r\nConnection: close\r\n\r\n".encode()

    async def check() -> bool:
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(ports.HOST, port)
                writer.write(request)
                status = await reader.readline()
                writer.close()
        except OSError:  # TimeoutError is one
            return False
        return status.split(b" ")[1:2] == [b"200"]

    return check

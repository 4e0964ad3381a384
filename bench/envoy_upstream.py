"""The upstream of Envoy while it is measured: a server that only answers."""

import asyncio
import sys
from pathlib import Path
from typing import cast

import uvloop


class Upstream(asyncio.Protocol):
    """Answers every request with the same 200, whose body is the issuer's keys."""

    answer: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:  # requests without a body
            _, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._transport.write(self.answer)


async def _serve(port: int, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    Upstream.answer = head.encode() + body
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))

"""A load generator on keep-alive connections, one request at a time on each.

It is a process of its own (``python -m bench.load_generator``), so that its CPU time is not the server's.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop


@dataclass
class LoadPlan:
    """The requests to send: ``requests`` in all, over ``paths`` again and again.

    ``rate`` is of requests a second; at 0 they are sent as fast as they are answered. ``bodies``, if any, are
    posted as ``media_type``, each to the path at its index.
    """

    host: str
    port: int
    paths: list[str]
    headers: dict[str, str]
    requests: int
    connections: int = 16
    rate: float = 0.0
    bodies: list[str] = field(default_factory=list)
    media_type: str = "application/json"

    def payloads(self) -> list[bytes]:
        """Encode the requests as HTTP/1.1."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"Host: {self.host}:{self.port}\r\n{lines}"
        if not self.bodies:
            return [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() for path in self.paths]
        post_head = f"{head}Content-Type: {self.media_type}\r\n"
        return [
            f"POST {path} HTTP/1.1\r\n{post_head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
            for path, body in zip(self.paths, self.bodies, strict=True)
        ]


@dataclass
class LoadResult:
    """The seconds that all took, the count of each status, and latencies in milliseconds."""

    seconds: float
    statuses: dict[str, int]
    p50: float
    p95: float
    p99: float


class Connection(asyncio.Protocol):
    """A keep-alive HTTP/1.1 connection. It only knows Content-Length, as all servers here send it."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._buffer = b""
        self._sent_at = 0.0
        self._finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._send_next()

    def _send_next(self) -> None:
        request = self._load.next_request()
        if request is None:
            self._finished = True
            self._transport.close()
            self._load.close_connection()
            return
        due, payload = request
        wait = due - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send, payload)
        else:
            self._send(payload)

    def _send(self, payload: bytes) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(payload)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) >= length:
            self._buffer = b""
            self._load.record(head[9:12].decode(), time.perf_counter() - self._sent_at)
            self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._finished:
            self._load.fail(exc or ConnectionError("the server closed the connection"))


class Load:
    """The requests left to send and the answers so far, shared by the connections."""

    def __init__(self, plan: LoadPlan) -> None:
        self._payloads = plan.payloads()
        self._plan = plan
        self._taken = 0
        self._open_connections = plan.connections
        self._latencies: list[float] = []
        self._statuses: dict[str, int] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._start = time.perf_counter()

    def next_request(self) -> tuple[float, bytes] | None:
        """Return when the next request is due, and its bytes; None after the last."""
        if self._taken == self._plan.requests:
            return None
        number, self._taken = self._taken, self._taken + 1
        due = self._start + number / self._plan.rate if self._plan.rate else 0.0
        return due, self._payloads[number % len(self._payloads)]

    def record(self, status: str, seconds: float) -> None:
        """Record an answer."""
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._latencies.append(seconds * 1000)

    def close_connection(self) -> None:
        """Count a connection as closed; the last one ends the load."""
        self._open_connections -= 1
        if not self._open_connections and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the load with an error."""
        if not self.done.done():
            self.done.set_exception(error)

    def result(self) -> LoadResult:
        """Summarise the answers."""
        ordered = sorted(self._latencies)
        p50, p95, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99))
        return LoadResult(time.perf_counter() - self._start, self._statuses, p50, p95, p99)


async def run(plan: LoadPlan) -> LoadResult:
    """Send the requests of a plan."""
    load = Load(plan)
    loop = asyncio.get_running_loop()
    for _ in range(plan.connections):
        await loop.create_connection(lambda: Connection(load), plan.host, plan.port)
    await load.done
    return load.result()


def main() -> None:
    """Read the plan from standard input as JSON, and write the result to standard output."""
    result = uvloop.run(run(LoadPlan(**json.load(sys.stdin))))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()

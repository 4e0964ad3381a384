"""A load generator small enough to stay out of the way: keep-alive connections, one request at a time each.

Runs in a process of its own (``python -m bench.load``), so that the server's CPU time is the server's.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop


@dataclass
class Plan:
    """What to ask: every connection walks through ``paths``, ``requests`` in all; ``rate`` 0 is flat out.

    With ``bodies`` they are posted, each to the path at its place, as what ``media_type`` says.
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
        """The requests, as they go over the wire."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = f"Host: {self.host}:{self.port}\r\n{lines}"
        if not self.bodies:
            return [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode() for path in self.paths]
        kind = f"{head}Content-Type: {self.media_type}\r\n"
        return [
            f"POST {path} HTTP/1.1\r\n{kind}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
            for path, body in zip(self.paths, self.bodies, strict=True)
        ]


@dataclass
class Outcome:
    """What came: seconds, statuses, and latencies in milliseconds."""

    seconds: float
    statuses: dict[str, int]
    p50: float
    p99: float


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection that knows only Content-Length, which is all that it meets."""

    def __init__(self, plan: Plan, shared: "Shared") -> None:
        self._plan = plan
        self._shared = shared
        self._buffer = b""
        self._started = 0.0
        self._finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._next()

    def _next(self) -> None:
        request = self._shared.take()
        if request is None:
            self._finished = True
            self._transport.close()
            self._shared.gone()
            return
        due, payload = request
        wait = due - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send, payload)
        else:
            self._send(payload)

    def _send(self, payload: bytes) -> None:
        self._started = time.perf_counter()
        self._transport.write(payload)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, rest = self._buffer.partition(b"\r\n\r\n")
        if not mark:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) >= length:
            self._buffer = b""
            self._shared.note(head[9:12].decode(), time.perf_counter() - self._started)
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._finished:
            self._shared.fail(exc or ConnectionError("the server closed the connection"))


class Shared:
    """What the connections take from and report to."""

    def __init__(self, plan: Plan) -> None:
        self._payloads = plan.payloads()
        self._plan = plan
        self._taken = 0
        self._open = plan.connections
        self._latencies: list[float] = []
        self._statuses: dict[str, int] = {}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._start = time.perf_counter()

    def take(self) -> tuple[float, bytes] | None:
        if self._taken == self._plan.requests:
            return None
        number, self._taken = self._taken, self._taken + 1
        due = self._start + number / self._plan.rate if self._plan.rate else 0.0
        return due, self._payloads[number % len(self._payloads)]

    def note(self, status: str, seconds: float) -> None:
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._latencies.append(seconds * 1000)

    def gone(self) -> None:
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def outcome(self) -> Outcome:
        ordered = sorted(self._latencies)
        p50, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
        return Outcome(time.perf_counter() - self._start, self._statuses, p50, p99)


async def ask(plan: Plan) -> Outcome:
    """Carry the plan out."""
    shared = Shared(plan)
    loop = asyncio.get_running_loop()
    for _ in range(plan.connections):
        await loop.create_connection(lambda: Connection(plan, shared), plan.host, plan.port)
    await shared.done
    return shared.outcome()


def main() -> None:
    """Plan in on standard input, outcome out, both JSON."""
    outcome = uvloop.run(ask(Plan(**json.load(sys.stdin))))
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()

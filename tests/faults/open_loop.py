"""A client that sends requests at a fixed rate, however long the answers take, and repeats none."""

import asyncio
import collections
import json
import time
from dataclasses import dataclass
from typing import Any

TIMEOUT = 30.0  # seconds


@dataclass(frozen=True)
class Reply:
    """An answer as the client got it."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Opens a connection for each request: a library's pool would repeat some on its own."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._port = port
        self._headers = {"Host": f"127.0.0.1:{port}", "Connection": "close", **headers}

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request. Raises OSError or ValueError if there is no whole answer."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = {**self._headers, **headers, "Content-Length": str(len(content))}
        if content:
            lines["Content-Type"] = "application/json"
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *(f"{name}: {lines[name]}" for name in lines)])
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(head.encode() + b"\r\n\r\n" + content)
                answer = await reader.read()
            finally:
                writer.close()
        return _parse(answer)


def _parse(answer: bytes) -> Reply:
    head, separator, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((line.partition(":")[2] for line in lines if line.startswith("content-length:")), None)
    if not separator or (length is not None and int(length) != len(body)):
        raise ValueError(f"no whole answer: {answer[:80]!r}")
    return Reply(int(lines[0].split(" ")[1]), body)


class OpenLoop:
    """Sends ``request(number)`` so many times a second; counts outcomes, keeps latencies."""

    def __init__(self, rate: float, request: Any) -> None:
        self.rate = rate
        self.request = request
        self.outcomes: collections.Counter[int | str] = collections.Counter()
        self.failures: list[str] = []
        self.latencies: list[float] = []
        self.count = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until ``stopping`` is set, then wait for the last answers."""
        started, tasks = time.monotonic(), set()
        while not stopping.is_set():
            if self.count >= (time.monotonic() - started) * self.rate:
                await asyncio.sleep(0.002)
                continue
            task = asyncio.create_task(self._send(self.count))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            self.count += 1
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    async def _send(self, number: int) -> None:
        started = time.monotonic()
        try:
            reply: Reply = await self.request(number)
        except (OSError, ValueError) as error:
            self._fail(f"{number}: {error!r}")
            return
        self.outcomes[reply.status] += 1
        self.latencies.append(time.monotonic() - started)
        if reply.status not in (200, 201):
            self._fail(f"{number}: {reply.status} {reply.body[:300]!r}")

    def _fail(self, reason: str) -> None:
        self.outcomes["failed"] += 1
        self.failures.append(reason)

    def percentile(self, share: float) -> float:
        """Return a percentile of the latencies, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

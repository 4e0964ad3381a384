"""The clients: ``Townhall`` and, for asyncio, ``AsyncTownhall``. Both send the same calls in the same way."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, TypeVar

import httpx

from townhall_client.calls import Call, Page, read_next
from townhall_client.credentials import Credential
from townhall_client.exchange import Exchange, Outcome, Wait
from townhall_client.problems import read_problem
from townhall_client.retries import RetryPolicy

Result = TypeVar("Result")
Item = TypeVar("Item")


def _make_exchange(
    gateway: str,
    council: str,
    credential: Credential | None,
    retries: RetryPolicy | None,
    headers: Mapping[str, str] | None,
) -> Exchange:
    return Exchange(gateway.rstrip("/"), council, credential, retries or RetryPolicy(), headers or {})


class Townhall:
    """A council's client. ``headers`` go with every request (``{"Accept-Language": "cy"}``)."""

    def __init__(
        self,
        gateway: str,
        council: str,
        credential: Credential | None = None,
        *,
        retries: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._exchange = _make_exchange(gateway, council, credential, retries, headers)
        self._http = http or httpx.Client()

    def __enter__(self) -> "Townhall":
        """Open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[Result]) -> Result:
        """Send a call and read its answer. Raises Problem, or UnreachableError at the deadline."""
        return self.send_detailed(call)[0]

    def send_detailed(self, call: Call[Result]) -> tuple[Result, httpx.Headers]:
        """Send a call; return its answer and the headers, such as ``ETag``. Raises as ``send``."""
        response = self._run(call, stream=False)
        return call.parse(response), response.headers

    def items(self, call: Call[Page[Item]]) -> Iterator[Item]:
        """Iterate over a list, page after page. Raises as ``send``."""
        while True:
            page = self.send(call)
            yield from page.items
            cursor = read_next(page)
            if cursor is None:
                return
            call = call.with_params(after=cursor)

    @contextmanager
    def stream(self, call: Call[Any]) -> Iterator[httpx.Response]:
        """Send a call for a file: read it in pieces (``response.iter_bytes()``). Raises as ``send``."""
        response = self._run(call, stream=True)
        try:
            yield response
        finally:
            response.close()

    def _run(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        steps = self._exchange.run(call)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                response: httpx.Response = end.value
                break
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                outcome = None
                continue
            outcome = self._attempt(step.request, step.timeout, stream=stream)
        if response.is_error:
            raise read_problem(response)
        return response

    def _attempt(
        self, request: httpx.Request, timeout: float, *, stream: bool
    ) -> httpx.Response | httpx.TransportError:
        request.extensions["timeout"] = httpx.Timeout(timeout).as_dict()
        try:
            response = self._http.send(request, stream=True)
            if response.is_error or not stream:
                response.read()
                response.close()
        except httpx.TransportError as error:
            return error
        return response


class AsyncTownhall:
    """A council's client for asyncio, as ``Townhall``."""

    def __init__(
        self,
        gateway: str,
        council: str,
        credential: Credential | None = None,
        *,
        retries: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._exchange = _make_exchange(gateway, council, credential, retries, headers)
        self._http = http or httpx.AsyncClient()

    async def __aenter__(self) -> "AsyncTownhall":
        """Open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[Result]) -> Result:
        """Send a call and read its answer. Raises Problem, or UnreachableError at the deadline."""
        return (await self.send_detailed(call))[0]

    async def send_detailed(self, call: Call[Result]) -> tuple[Result, httpx.Headers]:
        """Send a call; return its answer and the headers, such as ``ETag``. Raises as ``send``."""
        response = await self._run(call, stream=False)
        return call.parse(response), response.headers

    async def items(self, call: Call[Page[Item]]) -> AsyncIterator[Item]:
        """Iterate over a list, page after page. Raises as ``send``."""
        while True:
            page = await self.send(call)
            for item in page.items:
                yield item
            cursor = read_next(page)
            if cursor is None:
                return
            call = call.with_params(after=cursor)

    @asynccontextmanager
    async def stream(self, call: Call[Any]) -> AsyncIterator[httpx.Response]:
        """Send a call for a file: read it in pieces (``response.aiter_bytes()``). Raises as ``send``."""
        response = await self._run(call, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    async def _run(self, call: Call[Any], *, stream: bool) -> httpx.Response:
        steps = self._exchange.run(call)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                response: httpx.Response = end.value
                break
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                outcome = None
                continue
            outcome = await self._attempt(step.request, step.timeout, stream=stream)
        if response.is_error:
            raise read_problem(response)
        return response

    async def _attempt(
        self, request: httpx.Request, seconds: float, *, stream: bool
    ) -> httpx.Response | httpx.TransportError:
        request.extensions["timeout"] = httpx.Timeout(seconds).as_dict()
        try:
            async with asyncio.timeout(seconds):  # httpx's own is for each read, and an answer may trickle
                response = await self._http.send(request, stream=True)
                if response.is_error or not stream:
                    await response.aread()
                    await response.aclose()
        except httpx.TransportError as error:
            return error
        except TimeoutError:
            return httpx.ReadTimeout(f"no whole answer in {seconds:.1f} s")
        return response

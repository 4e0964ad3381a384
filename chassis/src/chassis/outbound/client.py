"""Calls other servers. The URI may be a stranger's and might mean us, so every address is checked.

Only https, unless the caller allows http. No proxy and no cookie is used, and a redirect is followed only for
a caller that asks. Time and size are limited as a whole, so that a slow response ends too.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.outbound import connections, metrics
from chassis.outbound.errors import BusyError, OutboundError, TimedOutError, TooManyRedirectsError
from chassis.outbound.hosts import Host, Hosts
from chassis.outbound.requests import Reach, Request, Response, Target
from chassis.outbound.retries import make_retrying
from chassis.settings import Settings
from chassis.tls import tls_context

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SERVER_ERROR = 500
_W3C = TraceContextTextMapPropagator()
_tracer = trace.get_tracer(__name__)


class Outbound:
    """Calls other servers: one for a process, as it remembers how hosts fare.

    ``resolve`` looks names up; tests pass their own.
    """

    def __init__(self, settings: Settings, resolve: connections.Resolve = connections.resolve_host) -> None:
        self._settings = settings
        self._resolve = resolve
        self._hosts = Hosts(settings)
        self._slots = asyncio.Semaphore(settings.outbound_at_once)

    async def get(
        self, uri: str, *, accept: str, max_bytes: int, allow_http: bool = False, bearer: str | None = None
    ) -> bytes:
        """Get a body. ``bearer``: an access token to send. Raises OutboundError."""
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        request = Request("GET", uri, max_bytes, headers, allow_http=allow_http)
        return (await self.send(request)).require_success().body

    async def post(self, uri: str, form: bytes, *, max_bytes: int, local_only: bool = False) -> bytes:
        """Post a form; answers the body. ``local_only``: call this machine and no other, by http too.

        Raises OutboundError.
        """
        reach = Reach.LOOPBACK if local_only else Reach.PUBLIC
        request = Request("POST", uri, max_bytes, _FORM, form, reach=reach)
        return (await self.send(request)).require_success().body

    async def submit(self, uri: str, form: bytes, *, max_bytes: int, allow_http: bool = False) -> Response:
        """Post a form; answers the JSON response whatever its status: an error has a body too.

        Raises OutboundError.
        """
        headers = {**_FORM, "Accept": "application/json"}
        return await self.send(Request("POST", uri, max_bytes, headers, form, allow_http=allow_http))

    async def send(self, request: Request) -> Response:
        """Send a request; answers the response whatever its status. Raises OutboundError."""
        started, outcome = time.perf_counter(), "cancelled"
        with _tracer.start_as_current_span(
            request.method, kind=SpanKind.CLIENT, record_exception=False
        ) as span:
            try:
                response = await self._follow(request)
            except OutboundError as error:
                outcome = error.outcome
                span.set_attribute("error.type", outcome)
                raise
            else:
                outcome = f"{response.status // 100}xx"
                span.set_attribute("http.response.status_code", response.status)
                return response
            finally:
                metrics.DURATIONS.labels(request.method, outcome).observe(time.perf_counter() - started)

    async def _follow(self, request: Request) -> Response:
        """Send a request and those that redirects lead to, all in the time of one call."""
        seconds = request.seconds or self._settings.outbound_seconds
        deadline = asyncio.get_running_loop().time() + seconds
        following: Request | None = request
        for _ in range(request.redirects + 1):
            response = await self._send_again(request, seconds, deadline)
            following = request.follow(response) if request.redirects else None
            if following is None:
                return response
            request = following
        raise TooManyRedirectsError(f"redirects more than {request.redirects} times")

    async def _send_again(self, request: Request, seconds: float, deadline: float) -> Response:
        """Send a request, and again while that is harmless and may help."""
        target = request.parse_target()
        host = self._hosts.get(f"{request.reach.value} {target.origin}")
        host.budget.add_call()
        retrying = make_retrying(
            is_idempotent=request.is_idempotent,
            attempts=self._settings.outbound_attempts,
            seconds=max(deadline - asyncio.get_running_loop().time(), 0.0),
            budget=host.budget,
        )
        response: Response = await retrying(self._send_once, request, target, host, seconds, deadline)
        return response

    async def _send_once(
        self, request: Request, target: Target, host: Host, seconds: float, deadline: float
    ) -> Response:
        async with self._slot(target, host, deadline):
            host.circuit.admit(target.host)
            try:
                async with asyncio.timeout_at(deadline):
                    response = await self._exchange(request, target, seconds)
            except TimeoutError:
                host.circuit.record_failure()
                raise TimedOutError(f"did not answer within {seconds:g} seconds", target.host) from None
            except OutboundError as error:
                (host.circuit.record_failure if error.blames_host else host.circuit.abandon_trial)()
                raise
            except BaseException:
                host.circuit.abandon_trial()
                raise
        is_failure = response.status >= _SERVER_ERROR
        (host.circuit.record_failure if is_failure else host.circuit.record_success)()
        return response

    @asynccontextmanager
    async def _slot(self, target: Target, host: Host, deadline: float) -> AsyncIterator[None]:
        """Wait for one of the host's slots, and then for one of all: a slow host holds its own up first."""
        async with AsyncExitStack() as slots:
            try:
                async with asyncio.timeout_at(deadline):
                    await slots.enter_async_context(host.slots)
                    await slots.enter_async_context(self._slots)
            except TimeoutError:
                raise BusyError("was not called: too many calls are in progress", target.host) from None
            yield

    async def _exchange(self, request: Request, target: Target, seconds: float) -> Response:
        settings = self._settings
        rule = connections.choose_rule(request.reach, is_private_allowed=settings.outbound_private)
        backend = connections.CheckedBackend(self._resolve, rule, seconds)
        extra = {"User-Agent": "townhall"}
        _W3C.inject(extra)
        return await connections.exchange(request, target, tls_context(settings.outbound_ca), backend, extra)

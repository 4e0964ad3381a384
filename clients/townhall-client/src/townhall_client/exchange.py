"""One call as steps, the same for the sync and the async client: token, send, wait, send again."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from townhall_client.calls import COUNCIL, Call
from townhall_client.credentials import Credential
from townhall_client.problems import UnreachableError
from townhall_client.retries import SAFE, Retry, RetryPolicy


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request, and give its answer or its error back. ``timeout``: seconds."""

    request: httpx.Request
    timeout: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait some seconds."""

    seconds: float


Outcome = httpx.Response | httpx.TransportError | None
Steps = Generator[Send | Wait, Outcome, httpx.Response]


@dataclass(frozen=True, slots=True)
class Exchange:
    """How the calls of one client are sent."""

    gateway: str
    council: str
    credential: Credential | None
    policy: RetryPolicy
    headers: Mapping[str, str]

    def run(self, call: Call[Any]) -> Steps:
        """Take a call through its steps; return the last answer, whatever it is. Raises UnreachableError.

        What takes an ``Idempotency-Key`` gets one and keeps it, so a second attempt cannot do it twice.
        """
        headers = httpx.Headers({**self.headers, **call.headers})
        if call.takes_key and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = uuid4().hex
        repeatable = (call.takes_key or call.method in SAFE) and call.can_repeat()
        retry = Retry(self.policy, repeatable=repeatable)
        yield from self._authenticate(retry)
        while True:
            outcome = yield Send(self._build(call, headers), retry.remaining)
            if isinstance(outcome, httpx.Response) and not outcome.is_error:
                return outcome
            wait = retry.next_wait(_require(outcome))
            if wait is None:
                return _settle(outcome)
            yield Wait(wait)

    def _authenticate(self, retry: Retry) -> Generator[Send | Wait, Outcome, None]:
        if self.credential is None:
            return
        while request := self.credential.token_request(self.gateway):
            outcome = yield Send(request, retry.remaining)
            # A token may be asked for again whatever happened: an unused one does nothing.
            wait = None
            if not isinstance(outcome, httpx.Response) or outcome.is_error:
                wait = retry.next_wait(_require(outcome))
            if wait is None:
                self.credential.take_token(_settle(outcome))
                return
            yield Wait(wait)

    def _build(self, call: Call[Any], headers: httpx.Headers) -> httpx.Request:
        path = call.path
        if path.startswith(COUNCIL):
            path = f"/{self.council}/{path.removeprefix(COUNCIL)}"
        identification = self.credential.headers() if self.credential else {}
        return httpx.Request(
            call.method,
            f"{self.gateway}{path}",
            params={key: _write(value) for key, value in call.params.items()} or None,
            headers={**identification, **headers},
            **call.body,
        )


def _write(value: Any) -> Any:
    return value if isinstance(value, list | str | int | float | bool) else str(value)


def _require(outcome: Outcome) -> httpx.Response | httpx.TransportError:
    if outcome is None:
        raise TypeError("a request was sent and nothing was given back")
    return outcome


def _settle(outcome: Outcome) -> httpx.Response:
    if isinstance(outcome, httpx.Response):
        return outcome
    raise UnreachableError(f"no answer: {outcome!r}") from outcome

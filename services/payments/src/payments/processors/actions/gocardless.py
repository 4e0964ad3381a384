"""GoCardless by its own client, whose requests go by ``chassis.outbound``.

The client is synchronous: it runs in a few threads of its own, and each of its requests is handed back to the
event loop. So addresses, TLS, time and size are limited as for every other call (``docs/decisions``, 44 and
63). Import this module when it is needed: the client loads 0.2 seconds of code.
"""

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from gocardless_pro import errors, services, webhooks
from gocardless_pro.api_client import ApiClient

from chassis.outbound import Outbound, Reach, Request, Response
from payments.processors.rules import ForgedNotificationError, ProcessorError, RefusedByProcessorError

_MAX_BYTES = 1_000_000  # of an answer: a page of 100 events has 60,000
_THREADS = 8
_SECONDS = 30.0  # that a thread waits for the event loop, whose own limit is lower
PAGE = 100
_SINCE = "created_at[gte]"
_Result = TypeVar("_Result")


class WrongStateError(RefusedByProcessorError):
    """What was asked for does not fit the state of the thing at the provider: it may be done already."""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """An event as the provider has it. ``reason_code``: a bank's report and code, as ARUDD-0."""

    id: str
    created_at: str
    resource: str
    action: str
    reason_code: str
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, the newest first, and the cursor of the next page."""

    events: list[ProviderEvent]
    after: str | None


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A collection as the provider has it."""

    id: str
    status: str
    charge_date: str


class GoCardless:
    """GoCardless's API. Methods raise ProcessorError, RefusedByProcessorError, OutboundError."""

    def __init__(self, outbound: Outbound, base: str) -> None:
        self._outbound = outbound
        self._base = base
        self._threads = ThreadPoolExecutor(_THREADS, "gocardless")

    async def create_billing_request(self, token: str, key: str) -> str:
        """Ask for a Bacs mandate; return the id of the billing request."""
        params = {"mandate_request": {"scheme": "bacs", "currency": "GBP"}}

        def create(client: ApiClient) -> str:
            service = make_service(services.BillingRequestsService, client)
            return str(service.create(params=params, headers=_key(key)).id)

        return await self.run(token, create)

    async def create_flow(self, token: str, request_id: str, return_url: str, language: str) -> str:
        """Make the address of the hosted page at which a payer signs a billing request."""
        links = {"billing_request": request_id}
        params = {"redirect_uri": return_url, "exit_uri": return_url, "language": language, "links": links}

        def create(client: ApiClient) -> str:
            service = make_service(services.BillingRequestFlowsService, client)
            return str(service.create(params=params).authorisation_url)

        return await self.run(token, create)

    async def find_mandate(self, token: str, request_id: str) -> str | None:
        """Find the mandate that a payer gave at the hosted page; None if they have not signed."""

        def get(client: ApiClient) -> str | None:
            request = make_service(services.BillingRequestsService, client).get(request_id)
            mandate = (request.attributes.get("links") or {}).get("mandate_request_mandate")
            return None if mandate is None else str(mandate)

        return await self.run(token, get)

    async def list_events(
        self, token: str, *, after: str | None = None, since: str | None = None, **resource: str
    ) -> EventPage:
        """List events of a resource (``mandate=``, ``payment=``), or since a time: a page of them."""
        params = {"limit": str(PAGE), **resource}
        params |= {"after": after} if after else {}
        params |= {_SINCE: since} if since else {}

        def read(client: ApiClient) -> EventPage:
            page = make_service(services.EventsService, client).list(params=params)
            return EventPage([_to_event(event) for event in page.records], page.after)

        return await self.run(token, read)

    async def create_payment(self, token: str, key: str, mandate: str, **members: Any) -> ProviderPayment:
        """Have an amount collected: ``amount``, ``charge_date``, ``reference``, ``description``.

        The provider does not present it again by itself: that is for the council to decide.
        """
        params = {"currency": "GBP", "retry_if_possible": False, "links": {"mandate": mandate}, **members}

        def create(client: ApiClient) -> ProviderPayment:
            service = make_service(services.PaymentsService, client)
            return _to_payment(service.create(params=params, headers=_key(key)))

        return await self.run(token, create)

    async def get_payment(self, token: str, payment: str) -> ProviderPayment:
        """Get a payment as it is now."""
        return await self.run(
            token, lambda client: _to_payment(make_service(services.PaymentsService, client).get(payment))
        )

    async def retry_payment(self, token: str, key: str, payment: str, charge_date: str) -> ProviderPayment:
        """Present a payment again that came back."""
        params = {"charge_date": charge_date}

        def retry(client: ApiClient) -> ProviderPayment:
            service = make_service(services.PaymentsService, client)
            return _to_payment(service.retry(payment, params=params, headers=_key(key)))

        return await self.run(token, retry)

    async def cancel_payment(self, token: str, key: str, payment: str) -> None:
        """Cancel a payment that the banks do not have yet."""
        await self.run(
            token,
            lambda client: make_service(services.PaymentsService, client).cancel(payment, headers=_key(key)),
        )

    async def cancel_mandate(self, token: str, key: str, mandate: str) -> None:
        """Cancel a mandate, and with it what is not collected yet."""
        await self.run(
            token,
            lambda client: make_service(services.MandatesService, client).cancel(mandate, headers=_key(key)),
        )

    async def register_simulator(self, token: str, url: str, secret: str) -> None:
        """Tell the simulator where its webhooks go. The provider's own are set in its dashboard."""
        body = {"url": url, "secret": secret}
        await self.run(token, lambda client: client.put("/control/webhook", body))

    async def run(self, token: str, call: Callable[[ApiClient], _Result]) -> _Result:
        """Run a call of the client in a thread, and translate its errors. None holds an answer's text."""
        loop = asyncio.get_running_loop()
        client = _Transport(self._outbound, loop, self._base, token)
        context = contextvars.copy_context()
        try:
            return await loop.run_in_executor(self._threads, context.run, call, client)
        except errors.InvalidStateError as error:
            raise WrongStateError(_describe(error)) from None
        except (errors.ValidationFailedError, errors.InvalidApiUsageError) as error:
            raise RefusedByProcessorError(_describe(error)) from None
        except errors.ApiError as error:
            raise ProcessorError(_describe(error)) from None
        except (errors.GoCardlessProError, AttributeError, LookupError, TypeError, ValueError):
            raise ProcessorError("the provider's answer cannot be read") from None


class _Transport(ApiClient):  # type: ignore[misc]
    """The client's own transport, with ``Outbound`` in the place of its HTTP library."""

    def __init__(self, outbound: Outbound, loop: asyncio.AbstractEventLoop, base: str, token: str) -> None:
        super().__init__(base, token)
        self._outbound = outbound
        self._loop = loop

    def get(self, path: str, params: Any = None, headers: Any = None) -> "_Answer":
        """Send a GET request."""
        query = f"?{urlencode(params)}" if params else ""
        return self._send("GET", f"{path}{query}", None, headers)

    def post(self, path: str, body: Any, headers: Any = None) -> "_Answer":
        """Send a POST request."""
        return self._send("POST", path, json.dumps(body or {}).encode(), headers)

    def put(self, path: str, body: Any, headers: Any = None) -> "_Answer":
        """Send a PUT request."""
        return self._send("PUT", path, json.dumps(body).encode(), headers)

    def delete(self, path: str, body: Any, headers: Any = None) -> "_Answer":
        """Send a DELETE request."""
        return self._send("DELETE", path, json.dumps(body).encode(), headers)

    def _send(self, method: str, path: str, content: bytes | None, headers: Any) -> "_Answer":
        request = Request(
            method,
            self._url_for(path),
            _MAX_BYTES,
            self._headers(headers),
            content,
            reach=Reach.ANYWHERE,
            allow_http=self.base_url.startswith("http://"),
        )
        future = asyncio.run_coroutine_threadsafe(self._outbound.send(request), self._loop)
        try:
            answer = _Answer(future.result(_SECONDS))
        except TimeoutError:
            future.cancel()
            raise
        self._handle_errors(answer)
        return answer


class _Answer:
    """A response as the client reads one."""

    def __init__(self, response: Response) -> None:
        self.status_code = response.status
        self.headers = dict(response.headers)
        self.content = response.body
        self.text = ""  # errors quote it

    def json(self) -> Any:
        """Parse the body. Raises ValueError."""
        return json.loads(self.content)


def read_notification(body: bytes, signature: str, secret: str) -> list[ProviderEvent]:
    """Read the events of a webhook. Raises ForgedNotificationError unless the secret has signed it."""
    try:
        if not signature.isascii():  # the client cannot compare it
            raise errors.InvalidSignatureError
        return [_to_event(event) for event in webhooks.parse(body, secret, signature)]
    except errors.InvalidSignatureError:
        raise ForgedNotificationError("the notification is not signed with the account's secret") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        return []  # what is signed and cannot be read is read from the provider later


def make_service(service: Any, client: ApiClient) -> Any:
    """Make a service of the client without its own tries: ``Outbound`` has a rule for that."""
    return service(client, max_network_retries=1)


def _key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def _to_payment(payment: Any) -> ProviderPayment:
    return ProviderPayment(str(payment.id), str(payment.status), str(payment.charge_date))


def _to_event(event: Any) -> ProviderEvent:
    attributes = event.attributes
    details, links = attributes.get("details") or {}, attributes.get("links") or {}
    return ProviderEvent(
        str(attributes["id"]),
        str(attributes["created_at"]),
        str(attributes["resource_type"]),
        str(attributes["action"]),
        str(details.get("reason_code") or ""),
        {str(name): str(value) for name, value in links.items()},
    )


def _describe(error: errors.ApiError) -> str:
    """Describe an error by its codes: its texts may quote what was sent."""
    reasons = [str(fault.get("reason", "")) for fault in error.errors or [] if isinstance(fault, dict)]
    return f"the provider answered {error.type}: {', '.join(filter(None, reasons)) or error.code}"

"""The official client, sending by ``chassis.outbound``: its rule of addresses, circuit breaker and limits."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import stripe

from chassis.outbound import Outbound, OutboundError, Reach, Request
from payments.processors.rules import ProcessorError, RefusedByProcessorError

API_VERSION = "2026-10-28.endive"
"""The version of the API that this adapter reads. An upgrade of the library does not change it."""

_MAX_BYTES = 4_000_000  # a page of 100 lines of a payout, each with its charge
_DETAILED = logging.getLogger("stripe")
_DETAILED.setLevel(logging.WARNING)  # below that it logs what people wrote and who they are
stripe.enable_telemetry = False


class OutboundClient(stripe.HTTPClient):
    """The HTTP client that the library is given. Retries are those of ``chassis.outbound``."""

    name = "townhall"

    def __init__(self, outbound: Outbound) -> None:
        super().__init__()
        self._outbound = outbound

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request; answer body, status and headers. Raises stripe.APIConnectionError."""
        content = post_data.encode() if isinstance(post_data, str) else post_data
        texts = {name: str(value) for name, value in headers.items()}
        request = Request(
            method.upper(), url, _MAX_BYTES, texts, content, reach=Reach.ANYWHERE, allow_http=True
        )
        try:
            response = await self._outbound.send(request)
        except OutboundError as error:
            raise _make_error(error) from error
        return response.body, response.status, response.headers


def _make_error(error: OutboundError) -> stripe.APIConnectionError:
    make: Callable[[str], stripe.APIConnectionError] = stripe.APIConnectionError
    return make(error.explain())


def open_client(outbound: Outbound, base: str, secret_key: str) -> stripe.StripeClient:
    """Make a client for one merchant. It holds no connection."""
    return stripe.StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses={"api": base},
        max_network_retries=0,
        http_client=OutboundClient(outbound),
    )


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Raise the port's errors for the library's.

    What Stripe refuses for good is refused. All else may have been done, or may be done later: a key that was
    revoked, an Idempotency-Key with another body, too many calls. Stripe's own words may quote what people
    wrote, so only its code is passed on.
    """
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise RefusedByProcessorError(_describe(error)) from error
    except stripe.APIConnectionError as error:
        raise ProcessorError(f"Stripe: {error}") from error
    except stripe.StripeError as error:
        raise ProcessorError(_describe(error)) from error


def _describe(error: stripe.StripeError) -> str:
    return f"Stripe answered {error.http_status} {error.code or type(error).__name__}"

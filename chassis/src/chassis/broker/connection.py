"""The connection to NATS: as one user, kept for ever, and told when the server refuses a publish."""

import asyncio
import json
import logging
import re
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from chassis.broker.keys import UserKey
from chassis.settings import Settings

log = logging.getLogger(__name__)

_REFUSED = re.compile(r'permissions violation for publish to "([^"]+)"', re.IGNORECASE)
_RETRY_INTERVAL = 0.5  # seconds between attempts to connect
_LOG_INTERVAL = 60.0  # seconds
_MAX_TEXTS = 20
_MAX_REFUSALS = 1_000  # subjects remembered


@dataclass(frozen=True)
class Access:
    """Where the server is and who we are there. Without a seed, a server without accounts."""

    url: str
    user: str
    seed: str = ""
    ca: Path | None = None


def access_of(service: str, settings: Settings) -> Access:
    """Return a service's access, as its settings say."""
    return Access(settings.nats_url, service, settings.nats_seed.get_secret_value(), settings.nats_ca)


class _MinuteLog:
    """Logs what repeats once a minute: a server that is away is tried twice a second."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def warn(self, text: str) -> None:
        now = time.monotonic()
        if now - self._logged_at.get(text, float("-inf")) >= _LOG_INTERVAL:
            if len(self._logged_at) >= _MAX_TEXTS:
                self._logged_at.clear()
            self._logged_at[text] = now
            log.warning(text)


def _describe_failure(access: Access, error: Exception) -> str:
    if "authorization violation" in str(error).lower():
        return (
            f"nats at {access.url} refuses the user {access.user}: its accounts do not know this key. "
            "Render them (python -m chassis.broker accounts) and reload the server"
        )
    return f"nats at {access.url}: {error!r}; trying again"


class RefusedError(NatsError):
    """The server does not let this user publish to a subject: a mistake in its permissions, not an outage."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"NATS refuses this user to publish to {subject}: see the server's accounts")


class BrokerClient(Client):
    """A client that knows which publishes the server refused: a publisher itself sees only a timeout."""

    def __init__(self, access: Access, public_key: str | None) -> None:
        super().__init__()
        self._public_nkey = public_key
        # The accounts give INFO and RESET of a consumer other names, see chassis.broker.accounts.
        self._consumer_api = "TOWN.API.CONSUMER" if access.seed else "$JS.API.CONSUMER"
        self._access = access
        self._minute_log = _MinuteLog()
        self._refused: set[str] = set()
        self._waiting: dict[str, set[asyncio.Future[Any]]] = {}

    async def call_consumer(self, verb: str, stream: str, durable: str) -> dict[str, Any]:
        """Ask for INFO of a durable consumer, or RESET it to the first event it has not acknowledged.

        Raises NatsError, with the server's reason.
        """
        reply = await self.request(f"{self._consumer_api}.{verb}.{stream}.{durable}", timeout=5)
        answer: dict[str, Any] = json.loads(reply.data)
        if error := answer.get("error"):
            raise NatsError(f"{verb} of {durable} in {stream}: {error.get('description')}")
        return answer

    async def request(self, subject: str, *arguments: Any, **options: Any) -> Msg:
        """Request a reply. Raises RefusedError as soon as the server refuses it; else as the client does."""
        refusal: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(subject.lower(), set())  # as the server names a refused subject
        waiting.add(refusal)
        reply: asyncio.Future[Any] = asyncio.ensure_future(super().request(subject, *arguments, **options))
        try:
            await asyncio.wait((reply, refusal), return_when=asyncio.FIRST_COMPLETED)
            if refusal.done():
                raise RefusedError(subject)
            answer: Msg = reply.result()
            return answer
        finally:
            reply.cancel()
            waiting.discard(refusal)
            if not waiting:
                self._waiting.pop(subject.lower(), None)

    async def note_error(self, error: Exception) -> None:
        """Note an error of the connection. A refusal is logged once, and ends the requests of its subject."""
        refusal = _REFUSED.search(str(error))
        if refusal is None:
            self._minute_log.warn(_describe_failure(self._access, error))
            return
        subject = refusal[1].lower()
        if subject not in self._refused and len(self._refused) < _MAX_REFUSALS:
            self._refused.add(subject)
            log.error("nats refuses this user to publish to %s", subject)
        for waiting in self._waiting.get(subject, ()):
            if not waiting.done():
                waiting.set_result(None)


async def connect(access: Access, name: str) -> BrokerClient:
    """Connect and stay connected: waits for the server at first, reconnects for ever after.

    The user's own inbox is part of the safety: who may listen to every inbox reads everyone's answers.
    """
    options: dict[str, Any] = {
        "inbox_prefix": f"_INBOX.{access.user}",
        "reconnect_time_wait": _RETRY_INTERVAL,
    }
    key = UserKey(access.seed) if access.seed else None
    if key is not None:
        options["signature_cb"] = key.sign
    if access.ca is not None:
        options["tls"] = ssl.create_default_context(cafile=str(access.ca))
    minute_log = _MinuteLog()
    while True:
        client = BrokerClient(access, key.public if key is not None else None)
        try:
            await client.connect(
                access.url,
                name=name,
                error_cb=client.note_error,
                max_reconnect_attempts=-1,
                connect_timeout=3,
                ping_interval=20,
                max_outstanding_pings=2,
                **options,
            )
        except (NatsError, OSError) as error:
            minute_log.warn(_describe_failure(access, error))
            await client.close()
            await asyncio.sleep(_RETRY_INTERVAL)
        else:
            return client


def jetstream(client: Client) -> JetStreamContext:
    """Return the connection's JetStream API, with 5 seconds for each request."""
    return client.jetstream(timeout=5)

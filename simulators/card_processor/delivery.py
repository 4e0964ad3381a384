"""Delivery of webhooks: in their order, at least once, tried again for about an hour."""

import asyncio
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import httpx

from simulators.card_processor.clock import format_time
from simulators.card_processor.signature import sign
from simulators.card_processor.state import SimulatorState

MAX_ATTEMPTS = 20
_MAX_RETRY_SECONDS = 300.0
_TIMEOUT = 5.0
_BATCH = 100  # messages of an account in one turn
_POLL_SECONDS = 0.5
_MAX_CONNECTIONS = 20
_WAITING = (
    "SELECT sequence, id, body, attempts FROM webhook"
    " WHERE account = ? AND state = 'waiting' AND due <= ? AND retry_at <= ? ORDER BY sequence LIMIT ?"
)
_ACCOUNTS = (
    "SELECT id FROM account"
    " WHERE EXISTS (SELECT 1 FROM webhook WHERE account = account.id AND state = 'waiting')"
)
_SAVE = (
    "UPDATE webhook SET state = ?, attempts = ?, retry_at = ?, error = ? WHERE account = ? AND sequence = ?"
)


class _Message(NamedTuple):
    sequence: int
    id: str
    body: str
    attempts: int


async def deliver_due(state: SimulatorState) -> int:
    """Send every message that is due, and return how many were accepted."""
    accounts = state.database.rows(_ACCOUNTS)
    if not accounts:
        return 0
    limit = asyncio.Semaphore(_MAX_CONNECTIONS)
    async with _open_client(state) as http:

        async def deliver(name: str) -> int:
            async with limit:
                return await _deliver(state, http, name)

        return sum(await asyncio.gather(*(deliver(name) for (name,) in accounts)))


async def _deliver(state: SimulatorState, http: httpx.AsyncClient, name: str) -> int:
    """Send the messages of one account, one after another, until one is not accepted."""
    account = state.load_account(name)
    if account is None or not account.webhook_url:
        return 0
    now = format_time(account.read_clock(state.now()))
    rows = state.database.rows(_WAITING, name, now, state.now(), _BATCH)
    for accepted, message in enumerate(_messages(rows)):
        error = await _send(state, http, account.webhook_url, account.webhook_secret, message)
        _save_outcome(state, name, message, error)
        if error:
            # The others have their turn next: a receiver that hangs delays no other account for long.
            return accepted
    return len(rows)


def _messages(rows: Iterable[tuple[int, str, str, int]]) -> list[_Message]:
    return [_Message(*row) for row in rows]


async def _send(
    state: SimulatorState, http: httpx.AsyncClient, url: str, secret: str, message: _Message
) -> str:
    """Send a message; return why it was not accepted, or nothing."""
    body = message.body.encode()
    # Receivers compare this with their own clock, so it is the real time and not the account's.
    timestamp = int(state.now())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message.id, timestamp, body),
    }
    try:
        async with (
            asyncio.timeout(_TIMEOUT),
            http.stream("POST", url, content=body, headers=headers) as response,
        ):
            return "" if response.is_success else f"status {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return type(error).__name__


def _save_outcome(state: SimulatorState, name: str, message: _Message, error: str) -> None:
    attempts = message.attempts + 1
    result = "sent" if not error else "failed" if attempts >= MAX_ATTEMPTS else "waiting"
    retry_at = state.now() + min(0.25 * 2**attempts, _MAX_RETRY_SECONDS)
    with state.database.transaction():
        state.database.run(_SAVE, result, attempts, retry_at, error, name, message.sequence)


async def run_forever(state: SimulatorState) -> None:
    """Deliver whenever a message was queued, and look at the clocks twice a second."""
    next_look = 0.0
    while True:
        state.announced.clear()
        if (now := time.monotonic()) >= next_look:
            state.run_timers()
            next_look = now + _POLL_SECONDS
        if not await deliver_due(state):
            with suppress(TimeoutError):
                await asyncio.wait_for(state.announced.wait(), _POLL_SECONDS)


@cache
def _tls_context() -> ssl.SSLContext:
    """Make the context once: httpx takes 25 ms to make one for each client."""
    return httpx.create_ssl_context(trust_env=False)


def _open_client(state: SimulatorState) -> httpx.AsyncClient:
    """Open a client that reads no proxy from the environment and follows no redirect."""
    return httpx.AsyncClient(
        trust_env=False, verify=_tls_context(), transport=state.transport, timeout=_TIMEOUT
    )

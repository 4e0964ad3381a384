"""Deliver: one attempt by a job, its log, and the next attempt by the kind's schedule; and replay.

Each attempt is a job of its own, so a receiver that fails leaves no job behind that failed: what is left is
the delivery with its log. A failing subscription is never disabled by us: it shows since when it fails.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Session
from chassis.jobs import CallContext, Finish, Job, JobHandlers, Priority, RefusedError, enqueue
from chassis.outbound import Outbound, OutboundError, Reach, Request, Response
from chassis.settings import Settings
from chassis.webhooks import signatures, store
from chassis.webhooks.publisher import Kind, Webhooks
from chassis.webhooks.store import DeliverWebhook, Status

ATTEMPTS = Counter("townhall_webhook_attempts", "Attempts to deliver a webhook", ["outcome"])
_MAX_RESPONSE = 16_384  # bytes that are read of a response; nothing of it is kept
_SUCCESS = range(200, 300)
_LIMIT = 60.0  # seconds of a job: its attempt and the database
_LEAST_WAIT = 5.0  # seconds before a receiver that was not called is called
_MAX_RETRY_AFTER = 86_400.0
# The circuit of the host is open, or every slot is taken: this says nothing of the delivery.
_UNCALLED = frozenset({"circuit-open", "busy"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt. ``error``: in a word, None for a success; ``wait``: as the receiver wants."""

    at: datetime
    milliseconds: int
    status_code: int | None = None
    error: str | None = None
    wait: float = 0.0

    @property
    def is_called(self) -> bool:
        """Check whether the receiver was called at all."""
        return self.error not in _UNCALLED


def make_request(url: str, settings: Settings, **request: Any) -> Request:
    """Make a request to a subscriber: by https; with OUTBOUND_PRIVATE by http too, to this machine."""
    is_local = settings.outbound_private and url.startswith("http://")
    reach = Reach.LOOPBACK if is_local else Reach.PUBLIC
    return Request("POST", url, _MAX_RESPONSE, reach=reach, truncates_body=True, **request)


def make_handlers(webhooks: Webhooks) -> JobHandlers:
    """Make the handler of the job that delivers."""
    handlers, kinds = JobHandlers(), webhooks.by_name

    @handlers.call(DeliverWebhook, limit=_LIMIT)
    async def deliver(context: CallContext, job: Job[DeliverWebhook]) -> Finish | None:
        async with context.database.reading(job.council) as session:
            message = await store.get_message(session, job.council, job.data.delivery)
        if message is None or message.status != Status.PENDING or message.run != job.data.run:
            return None  # expired, delivered, or replayed meanwhile
        if not message.enabled:
            return partial(_cancel, job=job)
        kind = kinds.get(message.kind)
        if kind is None:
            raise RefusedError("this version has no such kind of subscription")
        attempt = await _attempt(context, kind, message)
        ATTEMPTS.labels(attempt.error or "delivered").inc()
        return partial(_settle, job=job, kind=kind, attempt=attempt, expires_at=message.expires_at)

    return handlers


async def _attempt(context: CallContext, kind: Kind, message: Row[Any]) -> Attempt:
    """Send a message once. Raises WrongKeyError when the sealing key is not the one of its secret."""
    now, started = clock.now(), time.monotonic()
    request = _make_signed_request(context.settings, kind, message, now)

    def measure() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        response = await context.share(Outbound).send(request)
    except OutboundError as error:
        return Attempt(now, measure(), None, error.outcome, error.retry_after or 0.0)
    return _judge(response, now, measure())


def _make_signed_request(settings: Settings, kind: Kind, message: Row[Any], now: datetime) -> Request:
    secrets = [signatures.open_secret(settings, message.subscription, message.secret)]
    if message.previous_secret is not None and now < message.previous_until:
        secrets.append(signatures.open_secret(settings, message.subscription, message.previous_secret))
    body = message.body.encode()
    headers = {
        "Content-Type": "application/json",
        **signatures.sign(ids.show(message.id), now, message.body, secrets),
        **kind.make_headers(body, secrets),
    }
    return make_request(message.url, settings, headers=headers, content=body, seconds=kind.seconds)


def _judge(response: Response, at: datetime, milliseconds: int) -> Attempt:
    error = None if response.status in _SUCCESS else "redirect" if response.status // 100 == 3 else "status"  # noqa: PLR2004
    return Attempt(at, milliseconds, response.status, error, response.retry_after or 0.0)


async def _cancel(session: Session, *, job: Job[DeliverWebhook]) -> None:
    """Give up a delivery whose subscription was disabled."""
    state = await store.lock_delivery(session, job.council, job.data.delivery)
    if state is not None and state.status == Status.PENDING and state.run == job.data.run:
        await _write(session, job, state, Status.CANCELLED, state.tries, state.attempts, None)


async def _settle(
    session: Session, *, job: Job[DeliverWebhook], kind: Kind, attempt: Attempt, expires_at: datetime
) -> None:
    """Log an attempt, and write what follows: it is delivered, tried again, or given up."""
    delivery = job.data.delivery
    state = await store.lock_delivery(session, job.council, delivery)
    if state is None:
        return
    attempts = state.attempts
    if attempt.is_called:
        attempts += 1
        log = {name: getattr(attempt, name) for name in ("at", "status_code", "milliseconds", "error")}
        await store.insert_attempt(session, job.council, delivery, n=attempts, **log)
        await store.set_health(
            session, job.council, state.subscription, attempt.at if attempt.error else None
        )
    is_ours = state.status == Status.PENDING and state.run == job.data.run
    if attempt.error is None:
        await _write(session, job, state, Status.DELIVERED, state.tries, attempts, None)
    elif not is_ours:  # it was delivered or replayed meanwhile: this attempt is logged and nothing else
        await _write(session, job, state, state.status, state.tries, attempts, state.next_at)
    else:
        tries = state.tries + attempt.is_called
        next_at = _choose_next(kind, attempt, tries, expires_at)
        status = Status.FAILED if next_at is None else Status.PENDING
        await _write(session, job, state, status, tries, attempts, next_at)
        if next_at is not None:
            await _enqueue(session, job.council, job.data, next_at)


def _choose_next(kind: Kind, attempt: Attempt, tries: int, expires_at: datetime) -> datetime | None:
    """Choose when the next attempt is; None when there is none."""
    if not attempt.is_called:
        next_at = clock.now() + timedelta(seconds=max(attempt.wait, _LEAST_WAIT))
    elif tries <= len(kind.waits):
        wait = max(kind.waits[tries - 1], min(attempt.wait, _MAX_RETRY_AFTER))
        next_at = attempt.at + timedelta(seconds=wait)
    else:
        return None
    return next_at if next_at < expires_at else None


async def _write(
    session: Session,
    job: Job[DeliverWebhook],
    state: Row[Any],
    status: str,
    tries: int,
    attempts: int,
    next_at: datetime | None,
) -> None:
    values = {"status": status, "run": state.run, "tries": tries, "attempts": attempts, "next_at": next_at}
    await store.set_state(session, job.council, job.data.delivery, **values)


async def _enqueue(session: Session, council: str, data: DeliverWebhook, due_at: datetime) -> None:
    """Enqueue a later attempt: behind first ones, so that a receiver that is away delays nobody else."""
    key = f"{ids.show(data.delivery)} {data.run}"
    await enqueue(session, data, council=council, due_at=due_at, key=key, priority=Priority.BULK)


async def replay(session: Session, council: str, delivery: UUID) -> None:
    """Send a delivery again, now, with all its tries; one that waits for its next try goes now."""
    state = await store.lock_delivery(session, council, delivery)
    if state is None:
        raise LookupError("the delivery has expired")
    now, run = clock.now(), state.run + 1
    values = {"status": Status.PENDING, "run": run, "tries": 0, "attempts": state.attempts, "next_at": now}
    await store.set_state(session, council, delivery, **values)
    await enqueue(session, DeliverWebhook(delivery=delivery, run=run), council=council)

"""The worker's task that sends queued messages until each is delivered or has expired."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Database
from identity.messages import store
from identity.messages.actions.notify import NotifyEmail, NotifySms
from identity.messages.actions.smtp import Smtp
from identity.messages.actions.templates import EMAIL, SMS, render
from identity.messages.actions.transports import NotSentError, Transport
from identity.settings import Settings
from identity.shared.rules import email_addresses

log = logging.getLogger(__name__)

_POLL = 1.0  # seconds: people wait for their codes
_BATCH = 10
# Longer than the slowest delivery, so that no two processes send the same message.
_LEASE = timedelta(seconds=90)
_FIRST_DELAY = 5  # seconds; doubled after each try
_MAX_DELAY = 1_800


def make_email_transport(settings: Settings) -> Transport | None:
    """Make the e-mail transport that the settings name; None where nothing is sent."""
    match settings.mail:
        case "smtp":
            return Smtp(settings)
        case "notify":
            return NotifyEmail(settings)
        case _:
            return None


def make_sms_transport(settings: Settings) -> Transport | None:
    """Make the SMS transport that the settings name; None where nothing is sent."""
    return NotifySms(settings) if settings.texts == "notify" else None


async def run(database: Database, settings: Settings) -> None:
    """Send messages for ever."""
    email, sms = make_email_transport(settings), make_sms_transport(settings)
    while True:
        if not await send_due(database, settings, email, sms):
            await asyncio.sleep(_POLL)


async def send_due(
    database: Database, settings: Settings, email: Transport | None, sms: Transport | None = None
) -> int:
    """Purge expired messages, send those that are due, and return how many were due.

    Messages of a channel without a transport stay where the page of sent messages shows them.
    """
    now = clock.now()
    ways = {EMAIL: settings.mail, SMS: settings.texts}
    channels = [channel for channel, way in ways.items() if way != "none"]
    async with database.writing() as session:
        unsent = await store.purge(session, now)
        due = await store.claim_due(session, now, _LEASE, _BATCH, channels) if channels else []
    if unsent:
        log.error("%s messages expired before they could be sent", unsent)
    transports = {EMAIL: email, SMS: sms}
    await asyncio.gather(*(_send(database, transports[row.channel], row) for row in due))
    return len(due)


async def _send(database: Database, transport: Transport | None, row: Row[Any]) -> None:
    if transport is None or email_addresses.reaches_nobody(row.address):
        async with database.writing() as session:
            await store.reschedule(session, row.id, None)
        return
    message = render(row.template, row.language, row.personalisation, row.channel)
    try:
        await transport.deliver(ids.show(row.id), row.address, message)
    except NotSentError as error:
        await _retry_or_drop(database, row, error)
        return
    async with database.writing() as session:
        await store.delete_message(session, row.id)


async def _retry_or_drop(database: Database, row: Row[Any], error: NotSentError) -> None:
    log.warning("%s was not sent at try %s: %s", row.template, row.tries, error)
    delay = min(_FIRST_DELAY * 2 ** (row.tries - 1), _MAX_DELAY)
    async with database.writing() as session:
        if error.permanent:
            await store.delete_message(session, row.id)
        else:
            await store.reschedule(session, row.id, clock.now() + timedelta(seconds=delay))

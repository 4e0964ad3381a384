"""Back-channel logout: the worker tells services that a session has ended (Back-Channel Logout 1.0)."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import Database
from chassis.outbound import Outbound, OutboundError
from identity.grants.actions import logout_notices, subjects
from identity.grants.rules import id_tokens
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.shared.rules import crypto, tokens, uris

log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds between looks at the queue
_BATCH = 20
_MAX_RESPONSE = 16_384
_MAX_ATTEMPTS = 6
_FIRST_DELAY = 5  # seconds; four times as many after every attempt: half an hour in all


async def send_logout_tokens(database: Database, settings: Settings) -> None:
    """Work on the queue for ever. Raises when the database is lost; call it again."""
    issuer, outbound = Issuer(settings), Outbound(settings)
    while True:
        async with database.writing() as session:
            await issuer.ensure_keys(session)
        while await send_due(database, issuer, outbound):
            pass
        await asyncio.sleep(_PAUSE)


async def send_due(database: Database, issuer: Issuer, outbound: Outbound) -> int:
    """Send the notices that are due, at the same time, so that a slow service delays no other.

    Answers how many there were.
    """
    now = clock.now()
    async with database.writing() as session:
        notices = await logout_notices.claim_due(session, now, _BATCH, _delay)
    accepted = await asyncio.gather(*(_send_token(issuer, outbound, notice, now) for notice in notices))
    async with database.writing() as session:
        for notice, is_accepted in zip(notices, accepted, strict=True):
            if is_accepted or notice.attempts + 1 >= _MAX_ATTEMPTS:
                await logout_notices.delete_notice(session, notice)
    return len(notices)


def _delay(attempts: int) -> timedelta:
    return timedelta(seconds=_FIRST_DELAY * 4**attempts)


async def _send_token(issuer: Issuer, outbound: Outbound, notice: Row[Any], now: datetime) -> bool:
    """Send one logout token; true when the service accepted it."""
    content = id_tokens.build_logout_token(
        issuer.url,
        ids.show(notice.client),
        subjects.derive_subject(issuer, notice.sector, notice.account),
        subjects.derive_sid(issuer, notice.sector, notice.session),
        ids.show(ids.new()),
        int(now.timestamp()),
    )
    key = issuer.select_key(crypto.RS256 if notice.rs256 else crypto.ES256)
    form = urlencode({"logout_token": tokens.sign_jwt(key, id_tokens.LOGOUT_TYPE, content)}).encode()
    local = issuer.is_local and uris.is_local_http(notice.uri)
    try:
        await outbound.post(notice.uri, form, max_bytes=_MAX_RESPONSE, local_only=local)
    except OutboundError as error:
        log.info("client %s did not take a logout token: %s", content["aud"], error)
        return False
    return True

"""Telling services that a session has ended (OpenID Connect Back-Channel Logout 1.0): the worker's task."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row

from chassis import ids
from chassis.database import Database
from identity.grants.actions import subjects
from identity.grants.rules import id_tokens
from identity.grants.store import logout_notices as store
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.shared.outbound import Outbound, OutboundError
from identity.shared.rules import crypto, tokens, uris

log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds between looks at the queue
_BATCH = 20
_MAX_RESPONSE = 16_384
_TRIES = 6
_FIRST_WAIT = 5  # seconds; four times as many after every try: half an hour in all


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
    """Send what is due, side by side, so that a slow service keeps nobody waiting; how many there were.

    A notice is put off before it is sent and taken away after: whoever dies in between repeats it.
    """
    now = datetime.now(UTC)
    async with database.writing() as session:
        rows = await store.lock_due(session, now, _BATCH)
        for row in rows:
            wait = timedelta(seconds=_FIRST_WAIT * 4**row.attempts)
            await store.postpone(session, row.council, row.id, now + wait)
    heard = await asyncio.gather(*(_send_token(issuer, outbound, row, now) for row in rows))
    async with database.writing() as session:
        for row, done in zip(rows, heard, strict=True):
            if done or row.attempts + 1 >= _TRIES:
                await store.delete_notice(session, row.council, row.id)
    return len(rows)


async def _send_token(issuer: Issuer, outbound: Outbound, row: Row[Any], now: datetime) -> bool:
    """Whether the service has taken it."""
    content = id_tokens.build_logout_token(
        issuer.url,
        ids.show(row.client),
        subjects.derive_subject(issuer, row.council, row.account),
        subjects.derive_sid(issuer, row.council, row.session),
        ids.show(ids.new()),
        int(now.timestamp()),
    )
    signer = issuer.select_key(crypto.RS256 if row.rs256 else crypto.ES256)
    written = tokens.sign_jwt(signer, id_tokens.LOGOUT_TYPE, content)
    form = urlencode({"logout_token": written}).encode()
    here = issuer.is_local and uris.is_local_http(row.uri)
    try:
        await outbound.post(row.uri, form, most=_MAX_RESPONSE, here=here)
    except OutboundError as error:
        log.info("client %s did not take a logout token: %s", content["aud"], error)
        return False
    return True

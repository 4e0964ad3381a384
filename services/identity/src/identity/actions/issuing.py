"""Issuing an access token: who is the client, what may it have (RFC 6749 section 4.4)."""

import logging
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

import asyncpg

from chassis import ids
from identity.actions.clients import acts_for
from identity.actions.issuer import Issuer
from identity.rules import assertions, keys, oauth, scopes, tokens
from identity.schemas import Token
from identity.store import clients as store

log = logging.getLogger(__name__)

_REFUSED = "The client is unknown or did not prove who it is."
_NOBODY = UUID(int=0)


async def issue(pool: asyncpg.Pool, issuer: Issuer, asked: oauth.TokenRequest) -> Token:
    """An access token for the client. Raises OAuthError.

    ``pool`` sees across councils: a client is looked up before it is known whose it is.
    """
    now = issuer.clock()
    client_id, client = await _authenticated(pool, issuer, asked.credentials, now)
    if client.status != "active":
        raise oauth.OAuthError("unauthorized_client", f"{client.council} is suspended.")
    granted = scopes.narrow(asked.scope, client.scopes)
    if granted is None:
        raise oauth.OAuthError("invalid_scope", "The client does not hold every scope it asks for.")
    grant = tokens.Grant(
        token_id=ids.show(ids.new()),
        client_id=client_id,
        scopes=granted,
        councils=acts_for(client.council),
        mode=client.mode,
        issued=int(now),
        expires=int(now) + tokens.ACCESS_SECONDS,
    )
    written = issuer.write(issuer.signer(), tokens.ACCESS_TYPE, grant)
    return Token(access_token=written, expires_in=tokens.ACCESS_SECONDS, scope=" ".join(granted))


async def _authenticated(
    pool: asyncpg.Pool, issuer: Issuer, shown: oauth.Secret | oauth.Assertion, now: float
) -> tuple[str, store.Authenticating]:
    if isinstance(shown, oauth.Secret):
        client = await store.authenticating(pool, _id(shown.client_id))
        if not keys.same_hash(shown.secret, client.secret_hash if client else None) or client is None:
            _refuse("the secret does not fit")
        return shown.client_id, client
    try:
        return await _asserted(pool, issuer, shown, now)
    except assertions.RefusedError as error:
        _refuse(str(error), told=str(error) if error.telling else None)


async def _asserted(
    pool: asyncpg.Pool, issuer: Issuer, shown: oauth.Assertion, now: float
) -> tuple[str, store.Authenticating]:
    """Authenticate by private_key_jwt. Raises RefusedError."""
    unverified = assertions.look(shown.jwt)
    if shown.client_id not in (None, unverified.issuer):
        raise assertions.RefusedError("client_id is not the assertion's iss")
    client = await store.authenticating(pool, _id(unverified.issuer))
    own_keys = client.keys if client else ()
    audiences = frozenset({issuer.url, issuer.token_url})
    held = assertions.verify(unverified, own_keys, audiences, now)
    if client is None:  # pragma: no cover - without keys nothing verifies
        raise assertions.RefusedError("there is no such client", telling=False)
    fresh = await store.use_assertion(
        pool, client.council, _id(unverified.issuer), held.jti, _moment(held.expires), _moment(now)
    )
    if not fresh:
        raise assertions.RefusedError("the assertion was used before; sign a new one with a new jti")
    return unverified.issuer, client


def _refuse(reason: str, *, told: str | None = None) -> NoReturn:
    log.info("client refused: %s", reason)
    raise oauth.OAuthError("invalid_client", f"{told[0].upper()}{told[1:]}." if told else _REFUSED)


def _id(text: str) -> UUID:
    """The client's id; one that can be nobody's is looked up all the same, to take as long."""
    try:
        return ids.read(text)
    except ValueError:
        return _NOBODY


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

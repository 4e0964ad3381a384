"""What the protocol's endpoints work with, and how a client shows there who it is."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

import asyncpg

from chassis import ids
from chassis.database import Database
from identity.clients.actions.client_cache import KnownClients
from identity.clients.actions.client_keys import Refresher
from identity.clients.store import clients as store
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import assertions, token_requests
from identity.shared.oauth.relying_party import Party
from identity.shared.rules import crypto

log = logging.getLogger(__name__)

_REFUSED = "The client is unknown or did not prove who it is."
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Provider:
    """The issuer with its database. ``pool`` sees across councils: a client is looked up by its id alone."""

    issuer: Issuer
    database: Database
    pool: asyncpg.Pool
    clients: KnownClients
    refresher: Refresher

    async def client(self, client_id: str) -> store.Authenticating | None:
        """A client in use; one that can be nobody's is looked up all the same, to take as long."""
        return await self.clients.find(self.pool, _id(client_id))

    async def keys(
        self, shown: assertions.Unverified, client: store.Authenticating | None
    ) -> Sequence[Mapping[str, Any]]:
        """The client's public keys, read again when it names a new one and publishes them itself."""
        if client is None or not _has_newer(shown, client):
            return client.keys if client else ()
        client_id = _id(shown.issuer)
        found = await self.refresher.newer(self.database, client.council, client_id)
        self.clients.forget()
        return found or client.keys

    def look_for_keys(self, shown: assertions.Unverified, known: "Known") -> None:
        """Have the client's public keys read again, for its next request, when it names a new one."""
        if shown.issuer == known.client_id and _has_newer(shown, known.client):
            self.refresher.begin(self.database, known.client.council, known.id)

    @asynccontextmanager
    async def admit(self, client_id: str, share: str) -> AsyncIterator[None]:
        """Work on a request for sign-in at a client. Raises Problem 429.

        ``share``: the network a browser is in, since anybody can name a client; empty for the client itself.
        """
        client = _id(client_id)
        self.issuer.sign_ins.take(client, share)
        async with self.issuer.gate.through(client):
            yield

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.issuer.clock(), UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """A client that has shown who it is."""

    client_id: str
    client: store.Authenticating

    @property
    def id(self) -> UUID:
        return ids.read(self.client_id)

    @property
    def party(self) -> Party:
        """Its registration for sign-in. Raises OAuthError for a mere machine."""
        if self.client.party is None:
            raise token_requests.OAuthError(
                "unauthorized_client", "The client is not registered to sign people in."
            )
        return self.client.party


async def authenticate(
    provider: Provider,
    shown: token_requests.Secret | token_requests.Assertion | token_requests.Named,
    network: str,
    endpoint: str = "token",
) -> Known:
    """The client, in a way its profile allows, its council not suspended. Raises OAuthError, Problem 429.

    ``network``: where the request comes from. Anybody can say a public client's name, so there each
    network has a share of its own.
    """
    if isinstance(shown, token_requests.Secret):
        client = await provider.client(shown.client_id)
        if not _fits(shown.secret, client, provider.issuer.clock()) or client is None:
            _refuse("the secret does not fit")
        known = Known(shown.client_id, client)
    elif isinstance(shown, token_requests.Named):
        known = await _named(provider, shown)
    else:
        try:
            known = await _asserted(provider, shown, endpoint)
        except assertions.RefusedError as error:
            _refuse(str(error), told=str(error) if error.telling else None)
    party = known.client.party
    if party is not None and shown.method not in party.authentication:
        _refuse("the method is not the profile's", told=f"this client cannot use {shown.method}")
    if known.client.status != "active":
        raise token_requests.OAuthError("unauthorized_client", f"{known.client.council} is suspended.")
    provider.issuer.pace.take(known.id, network if isinstance(shown, token_requests.Named) else "")
    return known


async def _named(provider: Provider, shown: token_requests.Named) -> Known:
    """A client that keeps no secret; any other must authenticate, and one unknown hears the same."""
    client = await provider.client(shown.client_id)
    if client is None or client.party is None or not client.party.public:
        _refuse("it did not authenticate", told=token_requests.UNAUTHENTICATED.removesuffix("."))
    return Known(shown.client_id, client)


def authenticated(known: Known) -> None:
    """What is not for clients that only say who they are. Raises OAuthError."""
    if known.client.party is not None and known.client.party.public:
        raise token_requests.OAuthError("unauthorized_client", "This is for clients that authenticate.")


async def _asserted(provider: Provider, shown: token_requests.Assertion, endpoint: str) -> Known:
    """Authenticate by private_key_jwt. Raises RefusedError."""
    issuer, now = provider.issuer, provider.issuer.clock()
    unverified = assertions.look(shown.jwt)
    if shown.client_id not in (None, unverified.issuer):
        raise assertions.RefusedError("client_id is not the assertion's iss")
    client = await provider.client(unverified.issuer)
    audiences = frozenset({issuer.url, issuer.token_url, f"{issuer.url}{endpoint}"})
    held = assertions.verify(unverified, await provider.keys(unverified, client), audiences, now)
    if client is None:  # pragma: no cover - without keys nothing verifies
        raise assertions.RefusedError("there is no such client", telling=False)
    fresh = await store.use_assertion(
        provider.pool, client.council, _id(unverified.issuer), held.jti, _moment(held.expires), _moment(now)
    )
    if not fresh:
        raise assertions.RefusedError("the assertion was used before; sign a new one with a new jti")
    return Known(unverified.issuer, client)


def _has_newer(shown: assertions.Unverified, client: store.Authenticating) -> bool:
    """Whether the client names a key we do not know and publishes its keys itself."""
    return bool(client.jwks_uri) and assertions.names_another_key(shown, client.keys)


def _fits(secret: str, client: store.Authenticating | None, now: float) -> bool:
    """Whether the secret is the client's, or the one before while that still holds; takes always as long."""
    if client is None:
        return crypto.fits(secret, None, None, None, now)
    until = client.previous_until.timestamp() if client.previous_until else None
    return crypto.fits(secret, client.secret_hash, client.previous_hash, until, now)


def _refuse(reason: str, *, told: str | None = None) -> NoReturn:
    log.info("client refused: %s", reason)
    raise token_requests.OAuthError("invalid_client", f"{told[0].upper()}{told[1:]}." if told else _REFUSED)


def _id(text: str) -> UUID:
    try:
        return ids.read(text)
    except ValueError:
        return _NOBODY


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

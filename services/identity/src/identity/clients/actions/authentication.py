"""Client authentication at the protocol's endpoints, and what those endpoints work with."""

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
from identity.clients.actions.client_cache import ClientCache
from identity.clients.actions.client_keys import KeyRefresher
from identity.clients.rules.client_record import ClientRecord
from identity.clients.store import clients as store
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import assertions, token_requests
from identity.shared.oauth.relying_party import RelyingParty
from identity.shared.rules import crypto

log = logging.getLogger(__name__)

_REFUSED = "The client is unknown or did not prove who it is."
_NO_CLIENT = UUID(int=0)
Credentials = token_requests.ClientSecret | token_requests.ClientAssertion | token_requests.ClientIdOnly


@dataclass(frozen=True, slots=True)
class Provider:
    """The OpenID provider: the issuer with its database.

    ``pool`` sees across councils, since a client is found by its id alone.
    """

    issuer: Issuer
    database: Database
    pool: asyncpg.Pool
    client_cache: ClientCache
    refresher: KeyRefresher

    async def get_client(self, client_id: str) -> ClientRecord | None:
        """Get a client in use. An id that cannot exist is looked up too, so that it takes as long."""
        return await self.client_cache.get(self.pool, _parse_id(client_id))

    async def load_keys(
        self, jwt: assertions.UnverifiedJwt, record: ClientRecord | None
    ) -> Sequence[Mapping[str, Any]]:
        """Load the client's public keys; fetch them again if it names a new one at its ``jwks_uri``."""
        if record is None or not _names_unknown_key(jwt, record):
            return record.keys if record else ()
        client_id = _parse_id(jwt.issuer)
        keys = await self.refresher.refresh(self.database, record.council, client_id)
        self.client_cache.clear()
        return keys or record.keys

    def start_key_refresh(self, jwt: assertions.UnverifiedJwt, client: "Client") -> None:
        """Start to fetch the client's public keys for its next request, when it names a new one."""
        if jwt.issuer == client.client_id and _names_unknown_key(jwt, client.record):
            self.refresher.start_refresh(self.database, client.record.council, client.id)

    @asynccontextmanager
    async def admit_sign_in(self, client_id: str, share: str) -> AsyncIterator[None]:
        """Admit a request for sign-in at a client, within its rate limit. Raises Problem 429.

        ``share``: the network a browser is in, since anybody can name a client; empty for the client itself.
        """
        client = _parse_id(client_id)
        self.issuer.sign_in_limiter.take(client, share)
        async with self.issuer.sign_in_slots.hold(client):
            yield

    def now(self) -> datetime:
        """The time by the issuer's clock."""
        return datetime.fromtimestamp(self.issuer.clock(), UTC)


@dataclass(frozen=True, slots=True)
class Client:
    """A registered client that a request names. Anybody may name it: this proves nothing.

    ``record`` is its registration.
    """

    client_id: str
    record: ClientRecord

    @property
    def id(self) -> UUID:
        return ids.read(self.client_id)

    @property
    def party(self) -> RelyingParty:
        """Its registration for sign-in. Raises OAuthError for a mere machine."""
        if self.record.party is None:
            raise token_requests.OAuthError(
                "unauthorized_client", "The client is not registered to sign people in."
            )
        return self.record.party


@dataclass(frozen=True, slots=True)
class AuthenticatedClient(Client):
    """A client that proved its identity with its secret or its key: only this module makes one."""


async def identify(
    provider: Provider, credentials: Credentials, network: str, endpoint: str = "token"
) -> Client:
    """Read the client from its credentials: an AuthenticatedClient, unless it is a public client.

    The method must be one its profile allows, and its council must not be suspended. ``network``: where
    the request comes from. Anybody can name a public client, so there each network has a share of its own.
    Raises OAuthError, Problem 429.
    """
    if isinstance(credentials, token_requests.ClientSecret):
        client: Client = await _check_secret(provider, credentials)
    elif isinstance(credentials, token_requests.ClientIdOnly):
        client = await _find_public(provider, credentials)
    else:
        try:
            client = await _check_assertion(provider, credentials, endpoint)
        except assertions.RefusedError as error:
            _refuse(str(error), disclosed=str(error) if error.disclosable else None)
    party, method = client.record.party, credentials.method
    if party is not None and method not in party.authentication:
        _refuse("the method is not the profile's", disclosed=f"this client cannot use {method}")
    if client.record.status != "active":
        raise token_requests.OAuthError("unauthorized_client", f"{client.record.council} is suspended.")
    provider.issuer.client_limiter.take(
        client.id, network if isinstance(credentials, token_requests.ClientIdOnly) else ""
    )
    return client


def require_authentication(client: Client) -> AuthenticatedClient:
    """The client, if it proved its identity. Raises OAuthError for one that was only named."""
    if not isinstance(client, AuthenticatedClient):
        raise token_requests.OAuthError("unauthorized_client", "This is for clients that authenticate.")
    return client


async def _check_secret(provider: Provider, credentials: token_requests.ClientSecret) -> AuthenticatedClient:
    """Authenticate by a secret. Raises OAuthError."""
    record = await provider.get_client(credentials.client_id)
    if not _matches_secret(credentials.secret, record, provider.issuer.clock()) or record is None:
        _refuse("the secret does not fit")
    return AuthenticatedClient(credentials.client_id, record)


async def _find_public(provider: Provider, credentials: token_requests.ClientIdOnly) -> Client:
    """Find a client that keeps no secret. Any other must authenticate; an unknown one gets the same error."""
    record = await provider.get_client(credentials.client_id)
    if record is None or record.party is None or not record.party.public:
        _refuse("it did not authenticate", disclosed=token_requests.UNAUTHENTICATED.removesuffix("."))
    return Client(credentials.client_id, record)


async def _check_assertion(
    provider: Provider, credentials: token_requests.ClientAssertion, endpoint: str
) -> AuthenticatedClient:
    """Authenticate by private_key_jwt. Raises RefusedError."""
    issuer, now = provider.issuer, provider.issuer.clock()
    unverified = assertions.parse_unverified(credentials.jwt)
    if credentials.client_id not in (None, unverified.issuer):
        raise assertions.RefusedError("client_id is not the assertion's iss")
    record = await provider.get_client(unverified.issuer)
    audiences = frozenset({issuer.url, issuer.token_url, f"{issuer.url}{endpoint}"})
    claims = assertions.verify_assertion(
        unverified, await provider.load_keys(unverified, record), audiences, now
    )
    if record is None:  # pragma: no cover - without keys nothing verifies
        raise assertions.RefusedError("there is no such client", telling=False)
    fresh = await store.use_assertion(
        provider.pool,
        record.council,
        _parse_id(unverified.issuer),
        claims.jti,
        _to_datetime(claims.expires),
        _to_datetime(now),
    )
    if not fresh:
        raise assertions.RefusedError("the assertion was used before; sign a new one with a new jti")
    return AuthenticatedClient(unverified.issuer, record)


def _names_unknown_key(jwt: assertions.UnverifiedJwt, record: ClientRecord) -> bool:
    """Whether the JWT names a key that we do not know, and the client publishes its keys itself."""
    return bool(record.jwks_uri) and assertions.names_unknown_key(jwt, record.keys)


def _matches_secret(secret: str, record: ClientRecord | None, now: float) -> bool:
    """Whether the secret is the client's, or the previous one in its overlap. Always takes as long."""
    if record is None:
        return crypto.matches_secret(secret, None, None, None, now)
    until = record.previous_until.timestamp() if record.previous_until else None
    return crypto.matches_secret(secret, record.secret_hash, record.previous_hash, until, now)


def _refuse(reason: str, *, disclosed: str | None = None) -> NoReturn:
    log.info("client refused: %s", reason)
    raise token_requests.OAuthError(
        "invalid_client", f"{disclosed[0].upper()}{disclosed[1:]}." if disclosed else _REFUSED
    )


def _parse_id(text: str) -> UUID:
    try:
        return ids.read(text)
    except ValueError:
        return _NO_CLIENT


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

"""How we show upstreams who we are: keys of our own, or the secret that the provider gave."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from joserfc.jwk import RSAKey

from chassis import ids
from chassis.database import ReadSession, Session
from chassis.problems import Problem
from identity.settings import Settings
from identity.shared.rules import crypto
from identity.upstreams import store
from identity.upstreams.rules import sealed_keys
from identity.upstreams.store import Upstream

_OVERLAP = timedelta(hours=1)
"""A key is published for this long after it signed last: what it signed is on its way for minutes."""


def _sealing(settings: Settings) -> bytes:
    return crypto.derive_subkey(crypto.parse_master_key(settings.master_key.get_secret_value()), "upstreams")


async def signing_key(session: ReadSession, settings: Settings, upstream: Upstream) -> RSAKey:
    """The private key that signs for us at this upstream now, with its ``kid``. Raises Problem 503.

    Its algorithm is RS256.
    """
    now = _now()
    rows = await store.keys(session, upstream.council, upstream.id, now)
    ready = [row for row in rows if row.signs_from <= now]
    if not ready:
        detail = "There is no key yet with which to show this provider who we are. Make one."
        raise Problem(503, "no-upstream-key", detail)
    row = ready[-1]
    plain = _opened(settings, upstream.id, row.kid, row.sealed)
    return await asyncio.to_thread(RSAKey.import_key, plain, {"kid": row.kid, "alg": crypto.RS256})


def secret(settings: Settings, upstream: Upstream) -> str:
    """The client secret that the provider gave. Raises ValueError for an upstream with keys."""
    if upstream.secret_sealed is None:
        raise ValueError("this upstream has keys, no secret")
    return _opened(settings, upstream.id, sealed_keys.SECRET, upstream.secret_sealed).decode()


def seal_secret(settings: Settings, upstream_id: UUID, given: str) -> bytes:
    """As it is kept."""
    return sealed_keys.seal(_sealing(settings), upstream_id, sealed_keys.SECRET, given.encode())


async def make(
    session: Session, settings: Settings, council: str, upstream_id: UUID, lead: timedelta
) -> dict[str, Any]:
    """Another key, published from now on, which signs after ``lead``: the public half.

    The keys until now sign until then. Without a lead they are withdrawn at once: one of them has leaked.
    """
    kid, public, private = await asyncio.to_thread(crypto.generate_key, crypto.RS256)
    now = _now()
    begins = now + lead
    await store.retire_keys(session, council, upstream_id, begins + _OVERLAP if lead else now)
    values = {
        "upstream": upstream_id,
        "kid": kid,
        "public": public,
        "sealed": sealed_keys.seal(_sealing(settings), upstream_id, kid, private),
        "created_at": now,
        "signs_from": begins,
    }
    await store.add_key(session, council, values)
    return public


async def published(session: ReadSession, council: str, upstream_id: UUID) -> list[dict[str, Any]]:
    """The public keys (JWKs) with which a signature of ours may be checked there now."""
    return [row.public for row in await store.keys(session, council, upstream_id, _now())]


async def sweep(session: Session) -> None:
    """Forget keys that are out of use. The session sees every council after."""
    await session.across_councils()
    await store.sweep_keys(session, _now())


def _opened(settings: Settings, upstream_id: UUID, name: str, sealed: bytes) -> bytes:
    try:
        return sealed_keys.unseal(_sealing(settings), upstream_id, name, sealed)
    except InvalidTag as error:
        shown = ids.show(upstream_id)
        raise crypto.WrongMasterKeyError(
            f"the master key does not open what upstream {shown} keeps"
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)

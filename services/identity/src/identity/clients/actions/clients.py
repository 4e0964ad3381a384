"""Clients of a council and of the region: create, list, revoke."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import conflict, not_found
from identity.clients.actions.service_changes import get_authentication
from identity.clients.schemas.clients import Client, ClientMade, NewClient
from identity.clients.store import clients as store
from identity.clients.store import sectors, services
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import scopes
from identity.shared.rules import crypto, tokens
from identity.shared.schemas import JsonWebKeySet
from identity.shared.tables import REGION

_NIL = UUID(int=0)
_FIRST = 1


def render_client(row: Row[Any]) -> Client:
    """Render a row as the API shows it."""
    return Client(
        client_id=row.id,
        name=row.name,
        mode=row.mode,
        scopes=row.scopes,
        councils=list(list_councils(row.council)),
        authentication=get_authentication(row),
        jwks=JsonWebKeySet(keys=row.jwks) if row.jwks else None,
        created_at=row.created_at,
    )


def list_councils(council: str) -> tuple[str, ...]:
    """List the councils a client acts for: its own, or all for a client of the region."""
    return (tokens.ALL_COUNCILS,) if council == REGION else (council,)


async def create_client(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewClient
) -> ClientMade:
    """Create a client. Raises Problem 403 for a scope the caller does not hold, 409 for a name in use."""
    revocations.check_can_grant(caller, body.scopes, body.mode, region=council == REGION)
    return await _add_client(session, issuer, council, body, caller.subject)


async def _add_client(
    session: Session, issuer: Issuer, council: str, body: NewClient, created_by: str
) -> ClientMade:
    client_id = ids.new()
    secret = None if body.jwks else issuer.derive_secret(ids.show(client_id), _FIRST)
    values = {
        "id": client_id,
        "name": body.name,
        "mode": body.mode,
        "scopes": body.scopes,
        "jwks": body.jwks.keys if body.jwks else None,
        "secret_hash": crypto.hash_secret(secret) if secret else None,
        "generation": _FIRST,
        "created_by": created_by,
        "created_at": issuer.now(),
    }
    if not await store.add_client(session, council, values):
        raise conflict("name-in-use", f"There is a client named {body.name!r} already. Choose another name.")
    return ClientMade(
        **dict(body),
        client_id=client_id,
        client_secret=secret,
        councils=list(list_councils(council)),
        authentication="private_key_jwt" if body.jwks else "client_secret",
        created_at=values["created_at"],
    )


def derive_first_secret(issuer: Issuer, client_id: str) -> str:
    """Derive the secret a client was created with, for a repeated request."""
    return issuer.derive_secret(client_id, _FIRST)


async def list_page(session: ReadSession, council: str, after: UUID | None, fetch: int) -> Sequence[Row[Any]]:
    """List the clients in use, in order of creation."""
    return await store.list_page(session, council, after or _NIL, fetch)


async def revoke_client(session: Session, council: str, client_id: UUID, now: datetime) -> None:
    """Revoke a client and its tokens. To repeat it is no error. Raises Problem 404 and 409.

    The region keeps one client that may operate it, or nobody could make another. Of two that revoke each
    other at once, one stays.
    """
    if council == REGION and await store.lock_all_with_scope(session, REGION, scopes.OPERATE) == [client_id]:
        raise conflict(
            "last-operator",
            f"This is the last client with the scope {scopes.OPERATE}. Create another, then revoke this one.",
        )
    if await services.exists(session, council, client_id):
        raise conflict(
            "is-a-service", "This client is a service. Retire it under services, where it is on record."
        )
    if await store.revoke_client(session, council, client_id, now):
        last = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
        await revocations.revoke_credential(session, council, ids.show(client_id), last, claim="client_id")
    elif not await store.exists(session, council, client_id):
        raise not_found("client with this id")


async def list_sectors(session: ReadSession, *councils: str) -> Sequence[str]:
    """List the sectors of councils: one each, or several where a council has taken over others.

    ``region`` is that of the region's own clients. A person has a subject in each.
    """
    return await sectors.list_sectors(session, councils)


async def install_client(
    session: Session, issuer: Issuer, name: str, requested: Sequence[str]
) -> tuple[str, str]:
    """Create the region's client of this name, or give it these scopes and a new secret.

    For the command line, whose user has access to the database already. Answers id and secret; the earlier
    secret is refused from now on.
    """
    await session.set_all_councils()
    row = await store.lock_by_name(session, REGION, name)
    if row is None:
        body = NewClient(name=name, mode="live", scopes=list(requested))
        created = await _add_client(session, issuer, REGION, body, "command line")
        return ids.show(created.client_id), created.client_secret or ""
    client_id, generation = ids.show(row.id), row.generation + 1
    secret = issuer.derive_secret(client_id, generation)
    await store.update_credentials(
        session, REGION, row.id, scopes.normalise(requested), generation, crypto.hash_secret(secret)
    )
    return client_id, secret

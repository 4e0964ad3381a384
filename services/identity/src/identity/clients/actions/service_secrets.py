"""Secrets of a service: a new one overlaps with the previous, so that the service keeps working."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import conflict, not_found
from identity.clients.actions.service_changes import check_scopes, lock_service, record_change
from identity.clients.schemas.services import NewSecret, SecretMade
from identity.clients.store import services as store
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.rules import crypto


async def create_secret(
    session: Session, issuer: Issuer, council: str, client_id: UUID, caller: Caller, body: NewSecret
) -> SecretMade:
    """Create a secret. The previous one works on for the overlap; an older one, or public keys, do not.

    Raises Problem 403 and 404, and 409 for a public client.
    """
    row = await lock_service(session, council, client_id, caller)
    if row.public:
        raise conflict("public-client", "This app keeps no secret. Register a service that can, anew.")
    check_scopes(caller, row.mode, row.person_scopes, row.machine_scopes)
    now, generation = issuer.now(), row.generation + 1
    until = now + timedelta(hours=body.overlap_hours) if row.secret_hash and body.overlap_hours else None
    secret = issuer.derive_secret(ids.show(client_id), generation)
    values = {
        "name": row.name,
        "scopes": row.machine_scopes,
        "jwks": None,
        "generation": generation,
        "secret_hash": crypto.hash_secret(secret),
        "previous_hash": row.secret_hash if until else None,
        "previous_until": until,
    }
    await store.update_client(session, council, client_id, values)
    version = await store.increment_version(session, council, client_id, now)
    changes: dict[str, Any] = {
        "generation": [row.generation, generation],
        "overlap_hours": body.overlap_hours,
    }
    await record_change(session, council, client_id, "secret-made", caller, changes, now)
    return SecretMade(
        client_id=client_id,
        client_secret=secret,
        generation=generation,
        previous_secret_until=until,
        version=version,
    )


def derive_again(issuer: Issuer, body: dict[str, Any]) -> str:
    """Derive the same secret again, for a repeated request."""
    return issuer.derive_secret(body["client_id"], body["generation"])


async def revoke_previous(
    session: Session, issuer: Issuer, council: str, client_id: UUID, caller: Caller
) -> None:
    """Revoke the previous secret. Raises Problem 403, and 404 when there is none."""
    row = await lock_service(session, council, client_id, caller)
    if row.previous_hash is None:
        raise not_found("secret before this one that still works")
    values = {
        "name": row.name,
        "scopes": row.machine_scopes,
        "jwks": row.jwks,
        "generation": row.generation,
        "secret_hash": row.secret_hash,
        "previous_hash": None,
        "previous_until": None,
    }
    await store.update_client(session, council, client_id, values)
    now = issuer.now()
    await store.increment_version(session, council, client_id, now)
    await record_change(session, council, client_id, "secret-ended", caller, {}, now)

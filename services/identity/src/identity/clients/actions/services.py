"""Services of a council that sign people in: register, change, retire. A change is live at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from chassis import audit, clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.outbound import Outbound
from chassis.problems import conflict, not_found
from identity.clients.actions import service_changes
from identity.clients.actions.client_keys import Keys, fetch_requested_keys
from identity.clients.actions.service_changes import (
    compare_services,
    lock_service,
    record_change,
    render_service,
)
from identity.clients.rules import registration
from identity.clients.schemas.services import NewService, Service, ServiceChange, ServiceEvent, ServiceMade
from identity.clients.store import client_keys, clients
from identity.clients.store import services as store
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import relying_party
from identity.shared.rules import crypto, tokens

_NIL = UUID(int=0)
_FIRST = 1
_MEMBERS = tuple(
    name for name in NewService.model_fields if name not in {"mode", "jwks", "token_endpoint_auth_method"}
)


def check_registration(issuer: Issuer, caller: Caller, body: NewService) -> None:
    """Check that the caller may register this. Calls nothing outside. Raises Problem 400 or 403."""
    service_changes.check_members(issuer, caller, body.model_dump())
    if body.first_party:
        service_changes.check_operator(caller)


async def fetch_keys(outbound: Outbound, body: NewService | ServiceChange) -> Keys | None:
    """Fetch the public keys that a request has or names; None when it does neither.

    Call it outside any transaction, as it may take seconds. Raises Problem 400.
    """
    if body.jwks_uri is not None:
        return await fetch_requested_keys(outbound, body.jwks_uri)
    return [dict(key) for key in body.jwks.keys] if body.jwks is not None else None


async def register_service(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewService, keys: Keys | None
) -> ServiceMade:
    """Register a service, with these public keys or else a secret. Raises Problem 409."""
    await store.lock_registrations(session, council)
    limit = issuer.settings.services_per_council
    if await store.count_services(session, council) >= limit:
        detail = f"{council} has {limit} services already, the most it may. Retire one first."
        raise conflict("too-many-services", detail)
    client_id, now = ids.new(), issuer.now()
    public = body.token_endpoint_auth_method == relying_party.NO_SECRET
    secret = None if keys or public else issuer.derive_secret(ids.show(client_id), _FIRST)
    values = {
        "id": client_id,
        "name": body.name,
        "mode": body.mode,
        "scopes": body.machine_scopes,
        "jwks": keys,
        "secret_hash": crypto.hash_secret(secret) if secret else None,
        "generation": _FIRST,
        "public": public,
        "created_by": caller.subject,
        "created_at": now,
    }
    if not await clients.add_client(session, council, values):
        _refuse_name(body.name)
    registered = _build_registration(body.model_dump(), 1, now, public=public)
    await store.add_registration(session, council, {**registered, "client": client_id})
    if body.jwks_uri is not None:
        await client_keys.record_reading(session, council, client_id, clock.now())
    service = render_service(await _get_row(session, council, client_id))
    await record_change(
        session, council, client_id, "registered", caller, compare_services(None, service), now
    )
    return ServiceMade(**dict(service), client_secret=secret)


def first_secret(issuer: Issuer, client_id: str) -> str:
    """Derive the secret a service was registered with, for a repeated request."""
    return issuer.derive_secret(client_id, _FIRST)


def _build_registration(
    members: Mapping[str, Any], version: int, now: datetime, *, public: bool
) -> dict[str, Any]:
    """Build the row of the registration from the members of the API."""
    direct = {
        name: members[name] for name in _MEMBERS if name not in {"name", "scopes", "machine_scopes", "claims"}
    }
    return {
        **direct,
        "person_scopes": members["scopes"],
        "identity_claims": members["claims"],
        "subject_type": "pairwise",
        "origins": registration.list_origins(members, public=public),
        "version": version,
        "updated_at": now,
    }


async def get_service(session: ReadSession, council: str, client_id: UUID) -> Service:
    """Get a service in use. Raises Problem 404."""
    return render_service(await _get_row(session, council, client_id))


async def list_page(
    session: ReadSession, council: str, mode: str | None, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the services in use, in order of registration."""
    return await store.list_page(session, council, mode, after or _NIL, fetch)


async def check_change(
    session: ReadSession, issuer: Issuer, council: str, client_id: UUID, caller: Caller, body: ServiceChange
) -> None:
    """Check that the caller may make this change. Raises Problem 400, 403 and 404."""
    _check_change(await _get_row(session, council, client_id), issuer, caller, body)


def _check_change(row: Row[Any], issuer: Issuer, caller: Caller, body: ServiceChange) -> dict[str, Any]:
    service_changes.check_mode(caller, row.mode)
    old = render_service(row).model_dump()
    changed = body.model_dump(exclude_unset=True)
    if body.jwks is not None:
        changed["jwks_uri"] = None
    method = old["authentication"] if old["authentication"] == relying_party.NO_SECRET else None
    members = {**old, "token_endpoint_auth_method": method, **changed}
    service_changes.check_members(issuer, caller, members)
    if members["first_party"] and not old["first_party"]:
        service_changes.check_operator(caller)
    return members


async def update_service(
    session: Session,
    issuer: Issuer,
    council: str,
    client_id: UUID,
    caller: Caller,
    precondition: Precondition,
    body: ServiceChange,
    keys: Keys | None,
) -> Service:
    """Change a service. Raises Problem 400, 403, 404, 409 and 412."""
    row = await lock_service(session, council, client_id, caller)
    precondition.check(row.version, "service")
    members, now = _check_change(row, issuer, caller, body), issuer.now()
    try:
        await store.update_client(session, council, client_id, _build_client_values(row, members, keys))
    except IntegrityError:
        _refuse_name(members["name"])
    registered = _build_registration(members, row.version + 1, now, public=row.public)
    await store.update_registration(session, council, client_id, registered)
    if body.jwks_uri is not None:
        await client_keys.record_reading(session, council, client_id, clock.now())
    old, new = render_service(row), render_service(await _get_row(session, council, client_id))
    await record_change(session, council, client_id, "changed", caller, compare_services(old, new), now)
    return new


def _build_client_values(row: Row[Any], members: Mapping[str, Any], new_keys: Keys | None) -> dict[str, Any]:
    """Build the row of the client. With new keys its secrets end."""
    secrets = (
        {"secret_hash": None, "previous_hash": None, "previous_until": None}
        if new_keys
        else {
            "secret_hash": row.secret_hash,
            "previous_hash": row.previous_hash,
            "previous_until": row.previous_until,
        }
    )
    keys = {"jwks": new_keys or row.jwks, "generation": row.generation}
    return {"name": members["name"], "scopes": members["machine_scopes"], **keys, **secrets}


async def retire_service(
    session: Session, council: str, client_id: UUID, caller: Caller, now: datetime
) -> None:
    """Retire a service and revoke its tokens. To repeat it is no error. Raises Problem 403 and 404."""
    row = await store.lock(session, council, client_id)
    if row is None:
        if not await store.exists(session, council, client_id):
            raise not_found("service with this id")
        return
    service_changes.check_mode(caller, row.mode)
    await clients.revoke_client(session, council, client_id, now)
    last = now + timedelta(seconds=tokens.ACCESS_SECONDS + crypto.GRACE_SECONDS)
    await revocations.revoke_credential(session, council, ids.show(client_id), last, claim="client_id")
    await record_change(session, council, client_id, "retired", caller, {}, now)


async def list_history(
    session: ReadSession, council: str, client_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List the history of a service, in use or retired, oldest first. Raises Problem 404."""
    if not await store.exists(session, council, client_id):
        raise not_found("service with this id")
    service = (store.AGGREGATE, ids.show(client_id))
    return await audit.list_by_aggregate(session, council, *service, after, fetch, newest_first=False)


def render_event(row: Row[Any]) -> ServiceEvent:
    """Render an event of the history as the API shows it."""
    return ServiceEvent.model_validate(row, from_attributes=True)


async def _get_row(session: ReadSession, council: str, client_id: UUID) -> Row[Any]:
    row = await store.get(session, council, client_id)
    if row is None:
        raise not_found("service with this id")
    return row


def _refuse_name(name: str) -> NoReturn:
    raise conflict("name-in-use", f"There is a client named {name!r} already. Choose another name.")

"""What registering and changing a service share: permission, validation and the history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, ids
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import FieldError, Problem, not_found
from identity.clients.actions.client_keys import list_kids
from identity.clients.rules import registration
from identity.clients.schemas.services import Service
from identity.clients.store import services as store
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.shared.oauth import scopes
from identity.shared.rules.tokens import Mode
from identity.shared.schemas import JsonWebKeySet

_PERSONAL_MEMBERS = frozenset({"contacts"})
"""Members with personal data: the history says only that they changed."""


def render_service(row: Row[Any]) -> Service:
    """Render a row as the API shows it."""
    members = row._asdict()
    return Service(
        **{name: members[name] for name in Service.model_fields if name in members and name != "jwks"},
        client_id=row.id,
        scopes=row.person_scopes,
        claims=row.identity_claims,
        authentication=get_authentication(row),
        jwks=JsonWebKeySet(keys=row.jwks) if row.jwks else None,
        previous_secret_until=row.previous_until,
    )


def get_authentication(row: Row[Any]) -> Literal["client_secret", "private_key_jwt", "none"]:
    """Get how a client authenticates."""
    if row.public:
        return "none"
    return "private_key_jwt" if row.jwks else "client_secret"


def check_members(issuer: Issuer, caller: Caller, members: Mapping[str, Any]) -> None:
    """Check that the caller may register this and that it is consistent. Raises Problem 400 or 403.

    ``members``: all members of the service as it would become.
    """
    check_scopes(caller, members["mode"], members["scopes"], members["machine_scopes"])
    names = registration.Registration.__dataclass_fields__
    candidate = registration.Registration(**{name: members[name] for name in names})
    faults = list(registration.find_faults(candidate, is_local=issuer.is_local))
    if faults:
        errors = [
            FieldError(field=f"body.{fault.field}", message=fault.message, code=fault.code)
            for fault in faults[:20]
        ]
        first = f"{faults[0].field} {faults[0].message}."
        raise Problem(400, "invalid-request", first, errors=errors)


def check_scopes(
    caller: Caller, mode: Mode, person_scopes: Iterable[str], machine_scopes: Iterable[str]
) -> None:
    """Check that the caller holds every API scope of the service. Raises Problem 403.

    Who decides where a service's tokens go, or changes its credentials, could use it for what they do not
    hold themselves.
    """
    revocations.check_can_grant(
        caller, [*registration.list_api_scopes(person_scopes), *machine_scopes], mode, region=False
    )


def check_mode(caller: Caller, mode: str) -> None:
    """Check that a sandbox credential does not change a live service. Raises Problem 403."""
    if mode == "live" and caller.mode != "live":
        raise Problem(
            403, "mode-not-held", "A sandbox credential can register and change sandbox services only."
        )


def check_operator(caller: Caller) -> None:
    """Check that the caller is the operator, who alone exempts a service from consent. Raises Problem 403."""
    if not (caller.may_act_in("*") and scopes.OPERATE in caller.scopes):
        detail = f"first_party is set by the operator of the region alone (scope {scopes.OPERATE})."
        raise Problem(403, "operator-needed", detail)


async def lock_service(session: Session, council: str, client_id: UUID, caller: Caller) -> Row[Any]:
    """Lock the service for a change by this caller. Raises Problem 403 and 404."""
    row = await store.lock(session, council, client_id)
    if row is None:
        raise not_found("service with this id")
    check_mode(caller, row.mode)
    return row


async def record_change(
    session: Session,
    council: str,
    client_id: UUID,
    act: str,
    caller: Caller,
    changes: audit.Changes,
    at: datetime,
) -> None:
    """Record a change in the history of a service, which the audit keeps."""
    service = (store.AGGREGATE, ids.show(client_id))
    await audit.record(session, council, audit.by_staff(caller), act, *service, changes=changes, at=at)


def compare_services(old: Service | None, new: Service) -> dict[str, Any]:
    """List each member that has changed, before and after, as the history has it."""
    skipped = {"client_id", "version", "updated_at", "created_at", "jwks", "jwks_read_at"}
    before = old.model_dump(mode="json", exclude=skipped) if old else {}
    after = new.model_dump(mode="json", exclude=skipped)
    changed: dict[str, Any] = {
        name: [] if name in _PERSONAL_MEMBERS else pair
        for name, pair in audit.compare(before, after).items()
        if not (old is None and pair[1] in (None, [], False))
    }
    keys = [
        list_kids([dict(key) for key in service.jwks.keys] if service and service.jwks else None)
        for service in (old, new)
    ]
    return changed | ({"jwks": keys} if keys[0] != keys[1] else {})

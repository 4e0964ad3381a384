"""What makes and changes of a service have in common: who may, what fits together, and the record of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
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
"""Members that tell of people: the record, which stays for ever, says only that they changed."""


def render_service(row: Row[Any]) -> Service:
    """A row as the API shows it."""
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
    """How a client shows who it is."""
    if row.public:
        return "none"
    return "private_key_jwt" if row.jwks else "client_secret"


def check_members(issuer: Issuer, caller: Caller, asked: Mapping[str, Any]) -> None:
    """Whether the caller may register this, and whether it fits together. Raises Problem 400 or 403.

    ``asked``: all members of the service as it would stand.
    """
    check_scopes(caller, asked["mode"], asked["scopes"], asked["machine_scopes"])
    names = registration.Registration.__dataclass_fields__
    whole = registration.Registration(**{name: asked[name] for name in names})
    found = list(registration.find_faults(whole, laptop=issuer.is_local))
    if found:
        errors = [
            FieldError(field=f"body.{fault.field}", message=fault.message, code=fault.code)
            for fault in found[:20]
        ]
        first = f"{found[0].field} {found[0].message}."
        raise Problem(400, "invalid-request", first, errors=errors)


def check_scopes(caller: Caller, mode: Mode, of_people: Iterable[str], of_machine: Iterable[str]) -> None:
    """Who decides where a service's tokens go, or what opens it, holds all it may do himself.

    Otherwise he could take it over for what he lacks. Raises Problem 403.
    """
    revocations.check_can_grant(
        caller, [*registration.list_api_scopes(of_people), *of_machine], mode, region=False
    )


def check_mode(caller: Caller, mode: str) -> None:
    """A sandbox credential changes nothing that is live. Raises Problem 403."""
    if mode == "live" and caller.mode != "live":
        raise Problem(
            403, "mode-not-held", "A sandbox credential can register and change sandbox services only."
        )


def check_operator(caller: Caller) -> None:
    """Only the region's operator says that a service needs no consent. Raises Problem 403."""
    if not (caller.acts_for("*") and scopes.OPERATE in caller.scopes):
        detail = f"first_party is set by the operator of the region alone (scope {scopes.OPERATE})."
        raise Problem(403, "operator-needed", detail)


async def lock_service(session: Session, council: str, client_id: UUID, caller: Caller) -> Row[Any]:
    """The service, for a change by this caller. Raises Problem 403 and 404."""
    row = await store.lock(session, council, client_id)
    if row is None:
        raise not_found("service with this id")
    check_mode(caller, row.mode)
    return row


async def record_change(
    session: Session, council: str, client_id: UUID, act: str, actor: str, changes: Any, at: datetime
) -> None:
    """What was done, for good."""
    values = {"client": client_id, "id": ids.new(), "act": act, "actor": actor, "changes": changes, "at": at}
    await store.add_history(session, council, values)


def compare_services(old: Service | None, new: Service) -> dict[str, Any]:
    """Each member that has changed, before and after, as the record keeps it."""
    skipped = {"client_id", "version", "updated_at", "created_at", "jwks", "jwks_read_at"}
    before = old.model_dump(mode="json", exclude=skipped) if old else {}
    after = new.model_dump(mode="json", exclude=skipped)
    found = {
        name: [] if name in _PERSONAL_MEMBERS else [before.get(name), value]
        for name, value in after.items()
        if before.get(name) != value and not (old is None and value in (None, [], False))
    }
    keys = [
        list_kids([dict(key) for key in one.jwks.keys] if one and one.jwks else None) for one in (old, new)
    ]
    return found | ({"jwks": keys} if keys[0] != keys[1] else {})

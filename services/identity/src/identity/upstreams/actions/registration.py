"""Register, change and remove the upstreams of a council. Every change is live at once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import FieldError, Problem, conflict, not_found
from identity.accounts.actions import sessions
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.staff.actions import access_changes, jit_provisioning, roles
from identity.upstreams.actions import keys, records, upstreams
from identity.upstreams.actions.keys import KeyPair
from identity.upstreams.rules import registration as rules
from identity.upstreams.rules.upstream import Upstream
from identity.upstreams.schemas import NewUpstream, NewUpstreamKey, UpstreamChange, UpstreamKeyMade
from identity.upstreams.schemas import Upstream as UpstreamModel
from identity.upstreams.store import keys as stored_keys
from identity.upstreams.store import upstreams as store

_NIL = UUID(int=0)
_STAFF_SCOPE = "identity:staff"
_AT_ONCE = timedelta(0)
_REGISTRATION = tuple(rules.Registration.__dataclass_fields__)


async def register_upstream(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewUpstream, key: KeyPair | None
) -> UpstreamModel:
    """Register an upstream, with the provider's secret or a key of ours. Raises Problem 400, 403, 409.

    ``key``: one that was generated for it, unless there is a secret.
    """
    settings, now, upstream_id = issuer.settings, _now(), ids.new()
    values = _to_values(body)
    await _check_permission(session, council, caller, values["audience"])
    values["did_url"] = _check_registration(settings, values)
    await _check_room(session, settings, council, values)
    if body.client_secret is not None:
        secret = body.client_secret.get_secret_value()
        values["secret_sealed"] = keys.seal_secret(settings, upstream_id, secret)
    origin = {
        "created_by": caller.subject,
        "updated_by": caller.subject,
        "created_at": now,
        "updated_at": now,
    }
    await store.insert_upstream(session, council, {**values, **origin, "id": upstream_id})
    if key is not None:
        await keys.create_key(session, settings, council, upstream_id, key, _AT_ONCE)
    registered = await records.get_registration(session, settings, council, upstream_id)
    changes = records.list_changes(None, registered)
    await records.record_event(session, council, upstream_id, "registered", caller, changes)
    return registered


def _to_values(body: NewUpstream) -> dict[str, Any]:
    """Give the columns of a registration, with the defaults of its kind."""
    return {
        **body.model_dump(exclude={"client_secret"}),
        "authentication": rules.KEY if body.client_secret is None else rules.SECRET,
        "secret_sealed": None,
        "scopes": body.scopes or list(rules.SCOPES[body.kind]),
        "subject_claim": body.subject_claim or (rules.OID if body.tenant else rules.SUB),
    }


async def _check_permission(session: ReadSession, council: str, caller: Caller, audience: str) -> None:
    """Check that the caller may decide where people sign in. Raises Problem 403.

    They could sign in as any of these people. So it takes a live credential, since accounts have no sandbox,
    and for staff one that manages the council's roles and holds every scope that they have.
    """
    if caller.mode != "live":
        detail = "Upstreams are registered with a live credential only: accounts have no sandbox."
        raise Problem(403, "mode-not-held", detail)
    if audience == rules.STAFF:
        needed = await roles.list_all_scopes(session, council)
        revocations.check_can_grant(caller, [_STAFF_SCOPE, *needed], "live", region=False)


def _check_registration(settings: Settings, values: Mapping[str, Any]) -> str | None:
    """Check that a registration's values fit together, and give its DID document. Raises Problem 400."""
    laptop, trusted = settings.issuer.startswith("http://"), settings.onelogin_issuers
    registration = rules.Registration(**{name: values[name] for name in _REGISTRATION})
    faults = list(rules.list_faults(registration, trusted, laptop=laptop))
    if faults:
        errors = [
            FieldError(field=f"body.{fault.field}", message=fault.message, code=fault.code)
            for fault in faults
        ]
        first = f"{faults[0].field} {faults[0].message}."
        raise Problem(400, "invalid-request", first, errors=errors)
    if values["kind"] != rules.ONELOGIN:
        return None
    return rules.get_did_url(values["issuer"], trusted, laptop=laptop)


async def _check_room(session: Session, settings: Settings, council: str, values: Mapping[str, Any]) -> None:
    await store.lock_registrations(session, council)
    most, registered = settings.upstreams_per_council, await store.list_page(session, council, _NIL, 1_000)
    if len(registered) >= most:
        raise conflict("too-many-upstreams", f"{council} has {most} upstreams, the most it may. Remove one.")
    _check_unique(registered, values, _NIL)


def _check_unique(registered: Iterable[Upstream], values: Mapping[str, Any], upstream_id: UUID) -> None:
    """Check that no other upstream is the same client of the same issuer: a person would have two links."""
    client = (values["issuer"], values["client_id"])
    if any((other.issuer, other.client_id) == client and other.id != upstream_id for other in registered):
        raise conflict("registered-already", "This client of this issuer is registered already. Change that.")


async def update_upstream(
    session: Session,
    issuer: Issuer,
    council: str,
    upstream_id: UUID,
    caller: Caller,
    precondition: Precondition,
    body: UpstreamChange,
) -> UpstreamModel:
    """Change an upstream. Raises Problem 400, 403, 404, 409, 412."""
    settings = issuer.settings
    await store.lock_registrations(session, council)
    upstream = await _get_locked(session, council, upstream_id, caller)
    precondition.check(upstream.version, "upstream")
    before = await records.get_registration(session, settings, council, upstream_id)
    values = {**asdict(upstream), **body.model_dump(exclude_unset=True, exclude={"client_secret"})}
    values |= await _to_credentials(session, settings, upstream, body)
    values["did_url"] = _check_registration(settings, values)
    _check_unique(await store.list_page(session, council, _NIL, 1_000), values, upstream_id)
    values |= {"scopes": list(values["scopes"]), "updated_by": caller.subject, "updated_at": _now()}
    await store.update_upstream(session, council, upstream_id, values)
    if values["provisioning"] == rules.JIT != upstream.provisioning:
        await jit_provisioning.vouch_for_linked(session, council, upstream_id, values["session_hours"])
    after = await records.get_registration(session, settings, council, upstream_id)
    if changes := records.list_changes(before, after):
        await records.record_event(session, council, upstream_id, "changed", caller, changes)
    if body.client_secret is not None:
        await records.record_event(session, council, upstream_id, "secret-set", caller, {})
    return after


async def _to_credentials(
    session: Session, settings: Settings, upstream: Upstream, body: UpstreamChange
) -> dict[str, Any]:
    """Give the columns of how we authenticate from now on. Raises Problem 409 when no key of ours signs."""
    if body.client_secret is not None:
        sealed = keys.seal_secret(settings, upstream.id, body.client_secret.get_secret_value())
        return {"authentication": rules.SECRET, "secret_sealed": sealed}
    if body.authentication is None:
        return {}
    now = _now()
    rows = await stored_keys.list_keys(session, upstream.council, upstream.id, now)
    if not any(row.signs_from <= now for row in rows):
        raise conflict("no-key-signs", "There is no key that signs yet. Make one first, or wait for it.")
    return {"authentication": rules.KEY, "secret_sealed": None}


async def create_key(
    session: Session,
    issuer: Issuer,
    council: str,
    upstream_id: UUID,
    caller: Caller,
    body: NewUpstreamKey,
    key: KeyPair,
) -> UpstreamKeyMade:
    """Add another key, published before it signs. Raises Problem 403, 404, 409."""
    upstream = await _get_locked(session, council, upstream_id, caller)
    settings, now, lead = issuer.settings, _now(), timedelta(hours=body.lead_hours)
    rows = await stored_keys.list_keys(session, council, upstream_id, now)
    if lead and any(row.signs_from > now for row in rows):
        detail = (
            "A key is published that does not sign yet. Wait for it, or say lead_hours 0 if one has leaked."
        )
        raise conflict("key-waiting", detail)
    await keys.create_key(session, settings, council, upstream_id, key, lead if rows else _AT_ONCE)
    changes = {"kid": [rows[-1].kid if rows else None, key.kid], "lead_hours": body.lead_hours}
    await records.record_event(session, council, upstream_id, "keys-made", caller, changes)
    published = await stored_keys.list_keys(session, council, upstream_id, now)
    [row] = [row for row in published if row.kid == key.kid]
    url = upstreams.build_jwks_uri(settings, upstream)
    return UpstreamKeyMade(id=upstream_id, kid=row.kid, signs_from=row.signs_from, jwks_uri=url)


async def remove_upstream(
    session: Session, issuer: Issuer, council: str, upstream_id: UUID, caller: Caller
) -> None:
    """Remove an upstream: nobody signs in there any more. Raises Problem 403, 404.

    The accounts stay, with any other way to sign in they have, and the history of each shows that this one
    was removed. Staff lose their link and their tokens, and are linked again at their next sign-in.
    """
    upstream = await _get_locked(session, council, upstream_id, caller)
    linked = await store.count_links(session, council, upstream_id)
    if upstream.audience == rules.STAFF:
        await access_changes.unlink_all(session, issuer, council, upstream_id)
    await sessions.remove_upstream(session, council, upstream_id)
    await store.record_removal(session, upstream, _now())
    await store.delete_upstream(session, council, upstream_id)
    titles = {"title": [upstream.title, None], "title_cy": [upstream.title_cy, None]}
    changes = {**titles, "audience": [upstream.audience, None], "linked_accounts": [linked, 0]}
    await records.record_event(session, council, upstream_id, "removed", caller, changes)


async def _get_locked(session: Session, council: str, upstream_id: UUID, caller: Caller) -> Upstream:
    upstream = await store.get_locked(session, council, upstream_id)
    if upstream is None:
        raise not_found("upstream with this id")
    await _check_permission(session, council, caller, upstream.audience)
    return upstream


def _now() -> datetime:
    return clock.now()

"""Upstreams of a council: registered, changed and removed by the council itself, live at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import FieldError, Problem, conflict, not_found
from identity.issuer.actions import revocations
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.staff.actions import access_changes, jit_provisioning, roles
from identity.upstreams import store
from identity.upstreams.actions import keys as upstream_keys
from identity.upstreams.rules import registration as rules
from identity.upstreams.schemas import (
    NewUpstream,
    NewUpstreamKey,
    Upstream,
    UpstreamChange,
    UpstreamEvent,
    UpstreamKey,
    UpstreamKeyMade,
)

_NIL = UUID(int=0)
_STAFF_SCOPE = "identity:staff"
_AT_ONCE = timedelta(0)
_JUDGED = tuple(rules.Registration.__dataclass_fields__)
_UNSAID = {
    "id",
    "version",
    "created_by",
    "created_at",
    "updated_by",
    "updated_at",
    "keys",
    "redirect_uri",
    "jwks_uri",
    "backchannel_logout_uri",
}


def jwks_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Where the provider finds our keys."""
    return f"{settings.issuer}upstream/{council}/{ids.show(upstream_id)}/jwks.json"


def backchannel_logout_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Where the provider says that somebody has signed out there."""
    return f"{settings.issuer}upstream/{council}/{ids.show(upstream_id)}/logout"


def redirect_uri(settings: Settings, council: str, upstream_id: UUID) -> str:
    """Where the provider sends people back to: one of its own, so that answers cannot be mixed up."""
    return f"{settings.issuer}upstream/{council}/{ids.show(upstream_id)}/callback"


async def create(
    session: Session, issuer: Issuer, council: str, caller: Caller, body: NewUpstream
) -> Upstream:
    """A new upstream, with the provider's secret or a key of ours. Raises Problem 400, 403, 409."""
    settings, now, made = issuer.settings, _now(), ids.new()
    values = _asked(body)
    await _may(session, council, caller, values["audience"])
    values["did_url"] = _judge(settings, values)
    await _room(session, settings, council, values)
    if body.client_secret is not None:
        given = body.client_secret.get_secret_value()
        values["secret_sealed"] = upstream_keys.seal_secret(settings, made, given)
    who = {"created_by": caller.subject, "updated_by": caller.subject, "created_at": now, "updated_at": now}
    await store.add(session, council, {**values, **who, "id": made})
    if body.client_secret is None:
        await upstream_keys.make(session, settings, council, made, _AT_ONCE)
    shown = await one(session, settings, council, made)
    await _record(session, council, made, "registered", caller, _differences(None, shown))
    return shown


def _asked(body: NewUpstream) -> dict[str, Any]:
    """The row of a registration, with what goes without saying."""
    said = body.model_dump(exclude={"client_secret"})
    return {
        **said,
        "authentication": rules.KEY if body.client_secret is None else rules.SECRET,
        "secret_sealed": None,
        "scopes": body.scopes or list(rules.SCOPES[body.kind]),
        "subject_claim": body.subject_claim or (rules.OID if body.tenant else rules.SUB),
    }


async def _may(session: ReadSession, council: str, caller: Caller, audience: str) -> None:
    """Who says where people sign in could sign in as they do. Raises Problem 403.

    So it takes a live credential, as there is one kind of accounts; and for staff one that runs the council's
    roles and holds all they come to: nobody gives what he has not.
    """
    if caller.mode != "live":
        detail = "Upstreams are registered with a live credential only: accounts have no sandbox."
        raise Problem(403, "mode-not-held", detail)
    if audience == rules.STAFF:
        needed = await roles.list_all_scopes(session, council)
        revocations.may_grant(caller, [_STAFF_SCOPE, *needed], "live", region=False)


def _judge(settings: Settings, asked: Mapping[str, Any]) -> str | None:
    """Whether it fits together: its DID document, if it has one. Raises Problem 400."""
    laptop, proving = settings.issuer.startswith("http://"), settings.onelogin_issuers
    registration = rules.Registration(**{name: asked[name] for name in _JUDGED})
    found = list(rules.faults(registration, proving, laptop=laptop))
    if found:
        errors = [FieldError(field=f"body.{one.field}", message=one.message, code=one.code) for one in found]
        first = f"{found[0].field} {found[0].message}."
        raise Problem(400, "invalid-request", first, errors=errors)
    if asked["kind"] != rules.ONELOGIN:
        return None
    return rules.did_url(asked["issuer"], proving, laptop=laptop)


async def _room(session: Session, settings: Settings, council: str, asked: Mapping[str, Any]) -> None:
    await store.one_at_a_time(session, council)
    most, there = settings.upstreams_per_council, await store.page(session, council, _NIL, 1_000)
    if len(there) >= most:
        raise conflict("too-many-upstreams", f"{council} has {most} upstreams, the most it may. Remove one.")
    _not_twice(there, asked, _NIL)


def _not_twice(there: Iterable[store.Upstream], asked: Mapping[str, Any], own: UUID) -> None:
    """A provider's client is one upstream: else one person would be two here."""
    new = (asked["issuer"], asked["client_id"])
    if any((each.issuer, each.client_id) == new and each.id != own for each in there):
        raise conflict("registered-already", "This client of this issuer is registered already. Change that.")


async def one(session: ReadSession, settings: Settings, council: str, upstream_id: UUID) -> Upstream:
    """Raises Problem 404."""
    found = await _found(session, council, upstream_id)
    return _show(settings, found, await store.keys(session, council, upstream_id, _now()))


async def page(
    session: ReadSession, settings: Settings, council: str, after: UUID | None, fetch: int
) -> list[Upstream]:
    """The council's upstreams, in order of registration."""
    keys: dict[UUID, list[Row[Any]]] = {}
    for row in await store.all_keys(session, council, _now()):
        keys.setdefault(row.upstream, []).append(row)
    found = await store.page(session, council, after or _NIL, fetch)
    return [_show(settings, each, keys.get(each.id, ())) for each in found]


async def change(
    session: Session,
    issuer: Issuer,
    council: str,
    upstream_id: UUID,
    caller: Caller,
    version: int,
    body: UpstreamChange,
) -> Upstream:
    """The upstream as it stands from now on. Raises Problem 400, 403, 404, 409, 412."""
    settings = issuer.settings
    await store.one_at_a_time(session, council)
    before = await _locked(session, council, upstream_id, caller)
    if before.version != version:
        detail = f"The upstream is at version {before.version}, not {version}. Read it again and repeat."
        raise Problem(412, "version-changed", detail)
    old = _show(settings, before, await store.keys(session, council, upstream_id, _now()))
    asked = {**asdict(before), **body.model_dump(exclude_unset=True, exclude={"client_secret"})}
    asked |= await _opening(session, settings, before, body)
    asked["did_url"] = _judge(settings, asked)
    _not_twice(await store.page(session, council, _NIL, 1_000), asked, upstream_id)
    asked |= {"scopes": list(asked["scopes"]), "updated_by": caller.subject, "updated_at": _now()}
    await store.change(session, council, upstream_id, asked)
    if asked["provisioning"] == rules.JIT != before.provisioning:
        await jit_provisioning.vouch_for_linked(session, council, upstream_id, asked["session_hours"])
    new = await one(session, settings, council, upstream_id)
    if changes := _differences(old, new):
        await _record(session, council, upstream_id, "changed", caller, changes)
    if body.client_secret is not None:
        await _record(session, council, upstream_id, "secret-set", caller, {})
    return new


async def _opening(
    session: Session, settings: Settings, before: store.Upstream, body: UpstreamChange
) -> dict[str, Any]:
    """What we show the provider from now on. Raises Problem 409 when there is no key that signs."""
    if body.client_secret is not None:
        sealed = upstream_keys.seal_secret(settings, before.id, body.client_secret.get_secret_value())
        return {"authentication": rules.SECRET, "secret_sealed": sealed}
    if body.authentication is None:
        return {}
    now = _now()
    rows = await store.keys(session, before.council, before.id, now)
    if not any(row.signs_from <= now for row in rows):
        raise conflict("no-key-signs", "There is no key that signs yet. Make one first, or wait for it.")
    return {"authentication": rules.KEY, "secret_sealed": None}


async def make_key(
    session: Session, issuer: Issuer, council: str, upstream_id: UUID, caller: Caller, body: NewUpstreamKey
) -> UpstreamKeyMade:
    """Another key, published before it signs. Raises Problem 403, 404, 409."""
    await _locked(session, council, upstream_id, caller)
    settings, now, lead = issuer.settings, _now(), timedelta(hours=body.lead_hours)
    rows = await store.keys(session, council, upstream_id, now)
    if lead and any(row.signs_from > now for row in rows):
        detail = (
            "A key is published that does not sign yet. Wait for it, or say lead_hours 0 if one has leaked."
        )
        raise conflict("key-waiting", detail)
    first = not rows
    public = await upstream_keys.make(session, settings, council, upstream_id, _AT_ONCE if first else lead)
    changes = {"kid": [rows[-1].kid if rows else None, public["kid"]], "lead_hours": body.lead_hours}
    await _record(session, council, upstream_id, "keys-made", caller, changes)
    [made] = [row for row in await store.keys(session, council, upstream_id, now) if row.kid == public["kid"]]
    where = jwks_uri(settings, council, upstream_id)
    return UpstreamKeyMade(id=upstream_id, kid=made.kid, signs_from=made.signs_from, jwks_uri=where)


async def remove(session: Session, issuer: Issuer, council: str, upstream_id: UUID, caller: Caller) -> None:
    """Nobody signs in there any more. Raises Problem 403, 404.

    The people stay, with whatever other way to sign in they have; it is on the record of each that this one
    has gone. Staff are linked anew at their next sign-in, and what they hold from this one ends.
    """
    before = await _locked(session, council, upstream_id, caller)
    linked = await store.count_linked(session, council, upstream_id)
    if before.audience == rules.STAFF:
        await access_changes.unlink_all(session, issuer, council, upstream_id)
    await store.tell_linked(session, before, _now())
    await store.remove(session, council, upstream_id)
    gone = {"title": [before.title, None], "title_cy": [before.title_cy, None]}
    changes = {**gone, "audience": [before.audience, None], "linked_accounts": [linked, 0]}
    await _record(session, council, upstream_id, "removed", caller, changes)


async def history(
    session: ReadSession, council: str, upstream_id: UUID, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """What was done to an upstream, there or removed, oldest first; empty for one that never was."""
    return await store.history(session, council, upstream_id, after or _NIL, fetch)


def show_event(row: Row[Any]) -> UpstreamEvent:
    return UpstreamEvent.model_validate(row, from_attributes=True)


async def keys_of(session: ReadSession, council: str, upstream_id: UUID) -> list[dict[str, Any]]:
    """Our public keys there. Raises Problem 404."""
    await _found(session, council, upstream_id)
    return await upstream_keys.published(session, council, upstream_id)


async def _found(session: ReadSession, council: str, upstream_id: UUID) -> store.Upstream:
    found = await store.one(session, council, upstream_id)
    if found is None:
        raise not_found("upstream with this id")
    return found


async def _locked(session: Session, council: str, upstream_id: UUID, caller: Caller) -> store.Upstream:
    found = await store.locked(session, council, upstream_id)
    if found is None:
        raise not_found("upstream with this id")
    await _may(session, council, caller, found.audience)
    return found


def _show(settings: Settings, found: store.Upstream, keys: Iterable[Row[Any]]) -> Upstream:
    shown = [
        UpstreamKey(kid=row.kid, signs_from=row.signs_from, published_until=row.retired_at) for row in keys
    ]
    places = {
        "redirect_uri": redirect_uri(settings, found.council, found.id),
        "jwks_uri": jwks_uri(settings, found.council, found.id),
        "backchannel_logout_uri": backchannel_logout_uri(settings, found.council, found.id),
    }
    members = {name: value for name, value in asdict(found).items() if name in Upstream.model_fields}
    return Upstream.model_validate({**members, **places, "scopes": list(found.scopes), "keys": shown})


def _differences(old: Upstream | None, new: Upstream) -> dict[str, Any]:
    """Each member that has changed, before and after."""
    before = old.model_dump(mode="json", exclude=_UNSAID) if old else {}
    after = new.model_dump(mode="json", exclude=_UNSAID)
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


async def _record(
    session: Session, council: str, upstream_id: UUID, act: str, caller: Caller, changes: Mapping[str, Any]
) -> None:
    values = {"upstream": upstream_id, "id": ids.new(), "act": act, "actor": caller.subject, "at": _now()}
    await store.record(session, council, {**values, "changes": dict(changes)})


def _now() -> datetime:
    return datetime.now(UTC)

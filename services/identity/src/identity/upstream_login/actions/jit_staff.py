"""A member of staff has signed in by the council's directory: who he is there, and which groups he is in.

Either the directory keeps the staff up to date by SCIM; then a sign-in only says whose account it is. Or the
sign-ins themselves make staff (``provisioning`` is ``jit``): then nobody tells us of a leaver, so what the
directory said holds for the upstream's ``session_hours``, and must be asked again after that.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis import ids
from chassis.database import Session
from chassis.problems import Problem
from identity.issuer.actions.signing_keys import Issuer
from identity.staff.actions import access_changes, staff
from identity.staff.store import roles
from identity.staff.store import scim as groups
from identity.staff.store import staff as store
from identity.upstream_login.rules import directory_claims as rules
from identity.upstreams.rules import registration
from identity.upstreams.store import Upstream

_CONFLICT = 409
_REMEMBERED = timedelta(days=90)
"""Staff of whom the directory has said nothing for so long have left: what is personal of them goes."""
_BATCH = 200
_KEPT = ("user_name", "external_id", "given_name", "family_name", "display_name", "email")


class RefusedError(Exception):
    """Nobody signs in. ``not-staff``: the directory says nothing good of him; ``in-use``: he or the account
    is linked with another; ``too-many-groups``: the token does not name them."""

    def __init__(self, reason: Literal["not-staff", "in-use", "too-many-groups"]) -> None:
        super().__init__(reason)
        self.reason = reason


async def joined(
    session: Session,
    issuer: Issuer,
    upstream: Upstream,
    claims: Mapping[str, Any],
    account: UUID,
    external_id: str,
) -> None:
    """He is the member of staff whom the directory calls ``external_id``: known by SCIM, or by these claims.

    The session sees the council. Raises RefusedError; then nothing may be committed.
    """
    await access_changes.gaining(session, upstream.council)
    if upstream.provisioning == registration.JIT:
        if claims.get(rules.OVERAGE):
            raise RefusedError("too-many-groups")
        await _told(session, issuer, upstream, rules.person(claims, external_id), claims, account)
    try:
        if not await staff.link(session, upstream.council, external_id, account):
            raise RefusedError("not-staff")
    except Problem as problem:
        if problem.status_code != _CONFLICT:
            raise
        raise RefusedError("in-use") from problem
    if upstream.provisioning == registration.SCIM:
        await store.governed(session, upstream.council, account)


async def _told(
    session: Session,
    issuer: Issuer,
    upstream: Upstream,
    said: Mapping[str, Any],
    claims: Mapping[str, Any],
    account: UUID,
) -> None:
    """Write what the directory says of him now; scopes he has lost are refused at once."""
    council, now = upstream.council, datetime.now(UTC)
    await store.one_at_a_time(session, council, said["external_id"])
    staff_id = await _member(session, council, said, account, now)
    async with access_changes.of_staff(session, issuer, council, [staff_id]):
        if upstream.groups_claim is not None:
            await _into_groups(session, council, staff_id, claims.get(rules.GROUPS, []), now)
    await store.vouch(session, council, staff_id, now + timedelta(hours=upstream.session_hours))


async def _member(
    session: Session, council: str, said: Mapping[str, Any], account: UUID, now: datetime
) -> UUID:
    """The member of staff, made or brought up to date. Raises RefusedError."""
    row = await store.known_as(session, council, said["external_id"])
    if row is not None and not row.active:
        raise RefusedError("not-staff")
    if not await store.take_name(session, council, said["user_key"], said["external_id"]):
        raise RefusedError("in-use")
    if row is None:
        made = ids.new()
        if await store.of_account(session, council, account) is not None:
            raise RefusedError("in-use")
        await store.add(session, council, made, said, now)
        return made
    if any(getattr(row, name) != said[name] for name in _KEPT):
        await store.keep(session, council, row.id, said, now)
    found: UUID = row.id
    return found


async def _into_groups(
    session: Session, council: str, staff_id: UUID, named: Sequence[str], now: datetime
) -> None:
    """He is in these groups and no other. Kept of them are those that a role names: the rest says nothing."""
    wanted = await roles.groups(session, council, named)
    for name in wanted - await groups.names(session, council, wanted):
        await groups.add_group(session, council, ids.new(), name, name, now)
    await groups.be_in(session, council, staff_id, wanted)


async def sweep(session: Session) -> None:
    """Take a batch out of the staff who have not signed in for long. The session sees every council after."""
    await session.across_councils()
    now = datetime.now(UTC)
    for row in await store.long_gone(session, now - _REMEMBERED, _BATCH):
        await store.remove(session, row.council, row.id, now)

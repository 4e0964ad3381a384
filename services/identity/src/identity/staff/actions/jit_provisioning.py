"""Just-in-time provisioning: a sign-in at the council's directory adds or updates a member of staff.

No directory tells us of leavers then, so roles count only until a date (``vouched_until``), and the next
sign-in must renew it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis import clock, ids
from chassis.database import Session
from identity.issuer.actions.signing_keys import Issuer
from identity.staff.actions import access_changes
from identity.staff.store import members as store
from identity.staff.store import roles
from identity.staff.store import scim as groups

_ABSENCE = timedelta(days=90)
"""Staff who have not signed in for so long have left, and their personal data is deleted."""
_COMPARED = ("user_name", "external_id", "given_name", "family_name", "display_name", "email")


class RefusedError(Exception):
    """The person is not signed in as staff.

    ``not-staff``: the directory's entry is missing or not active; ``in-use``: the member of staff or the
    account is linked with another; ``too-many-groups``: the token does not name the groups.
    """

    def __init__(self, reason: Literal["not-staff", "in-use", "too-many-groups"]) -> None:
        super().__init__(reason)
        self.reason = reason


async def provision_member(
    session: Session,
    issuer: Issuer,
    council: str,
    person: Mapping[str, Any],
    account: UUID,
    group_names: Sequence[str] | None,
    hours: int,
) -> None:
    """Add or update a member of staff, and vouch for them for some hours.

    Tokens with scopes that they lose are refused at once.

    ``person``: the columns of ``staff_person``, and ``active``. Without ``group_names`` their groups stay as
    they are. Raises RefusedError.
    """
    now = clock.now()
    await store.lock_external_id(session, council, person["external_id"])
    staff_id = await _put_member(session, council, person, account, now)
    async with access_changes.revoke_lost_scopes_of_members(session, issuer, council, [staff_id]):
        if group_names is not None:
            await _set_groups(session, council, staff_id, group_names, now)
    await store.vouch_for(session, council, staff_id, now + timedelta(hours=hours))


async def _put_member(
    session: Session, council: str, person: Mapping[str, Any], account: UUID, now: datetime
) -> UUID:
    row = await store.get_by_external_id(session, council, person["external_id"])
    if row is not None and not row.active:
        raise RefusedError("not-staff")
    if not await store.take_user_name(session, council, person["user_key"], person["external_id"]):
        raise RefusedError("in-use")
    if row is None:
        staff_id = ids.new()
        if await store.get_by_account(session, council, account) is not None:
            raise RefusedError("in-use")
        await store.insert_member(session, council, staff_id, person, now)
        return staff_id
    if any(getattr(row, name) != person[name] for name in _COMPARED):
        await store.update_member(session, council, row.id, person, now)
    existing_id: UUID = row.id
    return existing_id


async def _set_groups(
    session: Session, council: str, staff_id: UUID, group_names: Sequence[str], now: datetime
) -> None:
    """Put a member of staff into these groups and no others. Only groups that a role names are stored."""
    named_by_roles = await roles.select_named_groups(session, council, group_names)
    for name in named_by_roles - await groups.list_group_names(session, council, named_by_roles):
        await groups.insert_group(session, council, ids.new(), name, name, now)
    await groups.set_groups(session, council, staff_id, named_by_roles)


async def vouch_for_linked(session: Session, council: str, upstream_id: UUID, hours: int) -> None:
    """Vouch for all staff linked to an upstream for some hours: from now on its sign-ins provision them."""
    until = clock.now() + timedelta(hours=hours)
    await store.vouch_for_linked(session, council, upstream_id, until)


async def clear_vouching(session: Session, council: str, account: UUID) -> None:
    """Let a member's roles count without a date: the directory reports leavers by SCIM."""
    await store.clear_vouching(session, council, account)


async def purge_absent(session: Session, most: int) -> int:
    """Remove a batch of staff who have not signed in for long. The session sees every council."""
    now = clock.now()
    rows = await store.list_absent(session, now - _ABSENCE, most)
    for row in rows:
        await store.remove_member(session, row.council, row.id, now)
    return len(rows)

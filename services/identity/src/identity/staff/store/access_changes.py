"""Lock staff whose roles change; read their scopes and live tokens.

Issuing a token by roles locks the member's row shared (``lock_account``), and changing roles locks it
exclusively. So a token either exists when the roles change, and is refused, or is issued by the new roles.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, Select, any_, bindparam, select, text, union, update
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import ReadSession, Session
from chassis.tables import revoked_token
from identity.accounts.tables import upstream_account
from identity.grants.tables import access_token, token_grant
from identity.staff.store.members import AT_WORK
from identity.staff.store.roles import BY_GROUP, BY_HAND, NAMES_GROUP
from identity.staff.tables import role, staff, staff_group, staff_group_member, staff_role

_LOCK_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(7420505, hashtext(:council))")
_LOCK_SHARED = text("SELECT pg_advisory_xact_lock_shared(7420505, hashtext(:council))")
_COUNCIL: BindParameter[str] = bindparam("council_")
_IDS = any_(bindparam("ids_", type_=ARRAY(staff.c.id.type)))
_ASSIGNED = union(BY_HAND, BY_GROUP).subquery("held")
_WITH_ROLE = select(_ASSIGNED.c.staff).where(
    _ASSIGNED.c.council == _COUNCIL, _ASSIGNED.c.role == bindparam("name_")
)
_IN_GROUP = select(staff_group_member.c.staff).where(
    staff_group_member.c.council == _COUNCIL, staff_group_member.c.group_id == bindparam("group_")
)
_BY_UPSTREAM = (
    select(staff.c.id)
    .join(
        upstream_account,
        (upstream_account.c.council == staff.c.council) & (upstream_account.c.account == staff.c.account),
    )
    .where(staff.c.council == _COUNCIL, upstream_account.c.upstream == bindparam("upstream_"))
)


def _lock(staff_ids: Any) -> Select[Any]:
    """Lock rows in order of id, so that two changes of roles cannot wait for each other."""
    return (
        select(staff.c.id, staff.c.account)
        .where(staff.c.council == _COUNCIL, staff.c.account.is_not(None), staff.c.id.in_(staff_ids))
        .order_by(staff.c.id)
        .with_for_update(key_share=True)
    )


_LOCK_BY_ROLE = _lock(_WITH_ROLE)
_LOCK_BY_GROUP = _lock(_IN_GROUP)
_LOCK_BY_UPSTREAM = _lock(_BY_UPSTREAM)
_LOCK_MEMBERS = (
    select(staff.c.id, staff.c.account)
    .where(staff.c.council == _COUNCIL, staff.c.account.is_not(None), staff.c.id == _IDS)
    .order_by(staff.c.id)
    .with_for_update(key_share=True)
)
# One table at a time: joined, a planner that has not met so many of a role yet compares everybody with all.
_BY_HAND = select(staff_role.c.staff, staff_role.c.role).where(
    staff_role.c.council == _COUNCIL, staff_role.c.staff == _IDS
)
_IN_GROUPS = select(staff_group_member.c.staff, staff_group_member.c.group_id).where(
    staff_group_member.c.council == _COUNCIL, staff_group_member.c.staff == _IDS
)
_GROUPS_ROLES = (
    select(staff_group.c.id, role.c.name).join(role, NAMES_GROUP).where(staff_group.c.council == _COUNCIL)
)
_ROLES = select(role.c.name, role.c.scopes).where(role.c.council == _COUNCIL)
# One table at a time here too: joined, every grant was compared with all tokens there are.
_GRANTS = select(token_grant.c.id, token_grant.c.account, token_grant.c.sector).where(
    token_grant.c.council == _COUNCIL,
    token_grant.c.account == any_(bindparam("accounts_", type_=ARRAY(token_grant.c.account.type))),
    token_grant.c.revoked_at.is_(None),
)
_LIVE = (
    select(access_token.c.grant_id)
    .where(
        access_token.c.council == _COUNCIL,
        access_token.c.grant_id == any_(bindparam("grants_", type_=ARRAY(access_token.c.grant_id.type))),
        access_token.c.expires_at > bindparam("now", type_=access_token.c.expires_at.type),
    )
    .distinct()
)
_UNLINK = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == _IDS)
    .values(account=None, updated_at=bindparam("at"))
)
_LOCK_ACCOUNT = (
    select(staff.c.id).where(*AT_WORK, staff.c.account == bindparam("account_")).with_for_update(read=True)
)
_REFUSED = select(revoked_token.c.issued_before).where(
    revoked_token.c.council == _COUNCIL, revoked_token.c.id == bindparam("subject_")
)


async def lock_exclusive(session: Session, council: str) -> None:
    """Lock the council's roles until the transaction ends: nobody else changes or gives one."""
    await session.execute(_LOCK_EXCLUSIVE, {"council": council})


async def lock_shared(session: Session, council: str) -> None:
    """Lock the council's roles against change until the transaction ends; others may give them."""
    await session.execute(_LOCK_SHARED, {"council": council})


async def lock_by_role(session: Session, council: str, name: str) -> Sequence[Row[Any]]:
    """Lock the linked staff who have a role, by hand or by group: ``id`` and ``account``."""
    return await session.all(_LOCK_BY_ROLE, {"council_": council, "name_": name})


async def lock_by_group(session: Session, council: str, group_id: UUID) -> Sequence[Row[Any]]:
    """Lock the linked staff of a group."""
    return await session.all(_LOCK_BY_GROUP, {"council_": council, "group_": group_id})


async def lock_by_upstream(session: Session, council: str, upstream_id: UUID) -> Sequence[Row[Any]]:
    """Lock the linked staff who sign in by an upstream."""
    return await session.all(_LOCK_BY_UPSTREAM, {"council_": council, "upstream_": upstream_id})


async def lock_members(session: Session, council: str, staff_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Lock these members of staff, as far as they are linked."""
    return await session.all(_LOCK_MEMBERS, {"council_": council, "ids_": list(staff_ids)})


async def get_scopes(session: Session, council: str, staff_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Get the scopes of all roles that members of staff have now, by hand or by group."""
    values = {"council_": council, "ids_": list(staff_ids)}
    scopes_of_role = {row.name: row.scopes for row in await session.all(_ROLES, {"council_": council})}
    by_group: dict[UUID, list[str]] = {}
    for row in await session.all(_GROUPS_ROLES, {"council_": council}):
        by_group.setdefault(row.id, []).append(row.name)
    pairs = [(row.staff, row.role) for row in await session.all(_BY_HAND, values)]
    for row in await session.all(_IN_GROUPS, values):
        pairs += [(row.staff, name) for name in by_group.get(row.group_id, ())]
    scopes: dict[UUID, set[str]] = {staff_id: set() for staff_id in staff_ids}
    for staff_id, name in pairs:
        scopes[staff_id].update(scopes_of_role[name])
    return {staff_id: frozenset(scopes_of_member) for staff_id, scopes_of_member in scopes.items()}


async def list_with_live_tokens(
    session: Session, council: str, accounts: Sequence[UUID], now: datetime
) -> list[tuple[UUID, str]]:
    """List those of the accounts that have a live access token of the council, with its sector."""
    values = {"council_": council, "accounts_": list(accounts)}
    person_of_grant = {row.id: (row.account, row.sector) for row in await session.all(_GRANTS, values)}
    values_of_grants = {"council_": council, "grants_": list(person_of_grant), "now": now}
    live = await session.all(_LIVE, values_of_grants) if person_of_grant else []
    return list({person_of_grant[row.grant_id] for row in live})


async def unlink_members(session: Session, council: str, staff_ids: Sequence[UUID], at: datetime) -> None:
    """Unlink members of staff from their accounts."""
    await session.execute(_UNLINK, {"council_": council, "ids_": list(staff_ids), "at": at})


async def lock_account(session: ReadSession, council: str, account: UUID) -> bool:
    """Lock an account's member of staff against change until the transaction ends; false for none."""
    return await session.first(_LOCK_ACCOUNT, {"council_": council, "account_": account}) is not None


async def get_refused_until(session: ReadSession, council: str, subject: str) -> datetime | None:
    """Get the last second whose tokens of a subject are refused. Lock the member first."""
    values = {"council_": council, "subject_": subject}
    refused_until: datetime | None = await session.scalar(_REFUSED, values)
    return refused_until

"""Members of staff whose roles are about to change, kept still meanwhile; what they hold; their live tokens.

Whoever issues a token by roles holds the person's row shared (``held``), whoever changes roles holds it for
himself: so a token is either there when the roles change, and refused, or made from what they are afterwards.
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
from identity.staff.store.roles import BY_GROUP, HAS, NAMED
from identity.staff.store.staff import AT_WORK
from identity.staff.tables import role, staff, staff_group, staff_group_member, staff_role

_ALONE = text("SELECT pg_advisory_xact_lock(7420505, hashtext(:council))")
_TOGETHER = text("SELECT pg_advisory_xact_lock_shared(7420505, hashtext(:council))")
_COUNCIL: BindParameter[str] = bindparam("council_")
_IDS = any_(bindparam("ids_", type_=ARRAY(staff.c.id.type)))
_HELD = union(HAS, BY_GROUP).subquery("held")
_HAVING = select(_HELD.c.staff).where(_HELD.c.council == _COUNCIL, _HELD.c.role == bindparam("name_"))
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


def _still(whom: Any) -> Select[Any]:
    """Locked in order of id, so that two who change roles cannot wait for each other."""
    return (
        select(staff.c.id, staff.c.account)
        .where(staff.c.council == _COUNCIL, staff.c.account.is_not(None), staff.c.id.in_(whom))
        .order_by(staff.c.id)
        .with_for_update(key_share=True)
    )


_STILL_HAVING = _still(_HAVING)
_STILL_IN_GROUP = _still(_IN_GROUP)
_STILL_BY_UPSTREAM = _still(_BY_UPSTREAM)
_STILL = (
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
    select(staff_group.c.id, role.c.name).join(role, NAMED).where(staff_group.c.council == _COUNCIL)
)
_ROLES = select(role.c.name, role.c.scopes).where(role.c.council == _COUNCIL)
# One table at a time here too: joined, every grant was compared with all tokens there are.
_GRANTS = select(token_grant.c.id, token_grant.c.account).where(
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
_PART = (
    update(staff)
    .where(staff.c.council == _COUNCIL, staff.c.id == _IDS)
    .values(account=None, updated_at=bindparam("at"))
)
_HOLD = (
    select(staff.c.id).where(*AT_WORK, staff.c.account == bindparam("account_")).with_for_update(read=True)
)
_REFUSED = select(revoked_token.c.issued_before).where(
    revoked_token.c.council == _COUNCIL, revoked_token.c.id == bindparam("subject_")
)


async def alone(session: Session, council: str) -> None:
    """Wait until nobody of the council changes or gives a role; held to the end of the transaction."""
    await session.execute(_ALONE, {"council": council})


async def together(session: Session, council: str) -> None:
    """Wait until nobody of the council changes a role; others may give roles meanwhile."""
    await session.execute(_TOGETHER, {"council": council})


async def of_role(session: Session, council: str, name: str) -> Sequence[Row[Any]]:
    """Those with an account who have a role, either way, kept still: ``id`` and ``account``."""
    return await session.all(_STILL_HAVING, {"council_": council, "name_": name})


async def of_group(session: Session, council: str, group_id: UUID) -> Sequence[Row[Any]]:
    """The same of a group of the directory."""
    return await session.all(_STILL_IN_GROUP, {"council_": council, "group_": group_id})


async def of_upstream(session: Session, council: str, upstream_id: UUID) -> Sequence[Row[Any]]:
    """The same of those who sign in by an upstream."""
    return await session.all(_STILL_BY_UPSTREAM, {"council_": council, "upstream_": upstream_id})


async def these(session: Session, council: str, staff_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The same of named members of staff."""
    return await session.all(_STILL, {"council_": council, "ids_": list(staff_ids)})


async def scopes(session: Session, council: str, staff_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """The scopes of all roles that members of staff have now, by hand or by group."""
    wanted = {"council_": council, "ids_": list(staff_ids)}
    meaning = {row.name: row.scopes for row in await session.all(_ROLES, {"council_": council})}
    by_group: dict[UUID, list[str]] = {}
    for row in await session.all(_GROUPS_ROLES, {"council_": council}):
        by_group.setdefault(row.id, []).append(row.name)
    held = [(row.staff, row.role) for row in await session.all(_BY_HAND, wanted)]
    for row in await session.all(_IN_GROUPS, wanted):
        held += [(row.staff, name) for name in by_group.get(row.group_id, ())]
    found: dict[UUID, set[str]] = {one: set() for one in staff_ids}
    for one, name in held:
        found[one].update(meaning[name])
    return {one: frozenset(what) for one, what in found.items()}


async def with_live_tokens(
    session: Session, council: str, accounts: Sequence[UUID], now: datetime
) -> list[UUID]:
    """Those of the accounts that have an access token of the council which has not expired."""
    wanted = {"council_": council, "accounts_": list(accounts)}
    given = {row.id: row.account for row in await session.all(_GRANTS, wanted)}
    asked = {"council_": council, "grants_": list(given), "now": now}
    live = await session.all(_LIVE, asked) if given else []
    return list({given[row.grant_id] for row in live})


async def part(session: Session, council: str, staff_ids: Sequence[UUID], at: datetime) -> None:
    """They have no account any more."""
    await session.execute(_PART, {"council_": council, "ids_": list(staff_ids), "at": at})


async def hold(session: ReadSession, council: str, account: UUID) -> bool:
    """Keep a member of staff as he is until the transaction ends; false for nobody's account."""
    return await session.first(_HOLD, {"council_": council, "account_": account}) is not None


async def refused_until(session: ReadSession, council: str, subject: str) -> datetime | None:
    """The last second whose tokens of a subject are refused. To be asked once he is held."""
    wanted = {"council_": council, "subject_": subject}
    found: datetime | None = await session.scalar(_REFUSED, wanted)
    return found

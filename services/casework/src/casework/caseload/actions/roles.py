"""Give staff the roles of case types, and take them away: each change is in the audit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from casework.caseload.schemas import RoleHolder
from casework.caseload.store import roles as store
from chassis import audit
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem

_AGGREGATE = "casework.role-holder"
_MOST = 2_000


async def find(session: ReadSession, council: str, subject: str) -> Row[Any]:
    """Find the roles of a member of staff. Raises Problem 404."""
    row = await store.find_roles(session, council, subject)
    if row is None:
        raise _not_found()
    return row


async def list_holders(session: ReadSession, council: str) -> Sequence[Row[Any]]:
    """List who has roles here, and which."""
    return await store.list_holders(session, council, _MOST)


async def set_roles(session: Session, council: str, caller: Caller, subject: str, holder: RoleHolder) -> int:
    """Give a member of staff their roles, in place of those they had; return the version.

    An absence stays if the holder does not say one.
    """
    before = await store.lock_roles(session, council, subject)
    if before is not None and not holder.model_fields_set & {"away_from", "away_until"}:
        absent = {"away_from": before.away_from, "away_until": before.away_until}
        holder = holder.model_copy(update=absent)
    roles = sorted(set(holder.roles))
    old = {} if before is None else {"roles": list(before.roles)}
    absence = holder.away_from, holder.away_until
    version = await store.save_roles(session, council, subject, roles, holder.email, absence)
    await audit.record(
        session,
        council,
        audit.by_staff(caller),
        "role-holder-set",
        _AGGREGATE,
        subject,
        changes=audit.compare(old, {"roles": roles}),
        personal=audit.compare(_describe_personal(before), _describe_personal(holder)),
    )
    return version


async def remove_roles(session: Session, council: str, caller: Caller, subject: str) -> None:
    """Take all roles from a member of staff. Raises Problem 404."""
    before = await store.delete_roles(session, council, subject)
    if before is None:
        raise _not_found()
    await audit.record(
        session,
        council,
        audit.by_staff(caller),
        "role-holder-removed",
        _AGGREGATE,
        subject,
        changes=audit.compare({"roles": list(before.roles)}, {}),
        personal=audit.compare(_describe_personal(before), {}),
    )


def _describe_personal(holder: Row[Any] | RoleHolder | None) -> dict[str, Any]:
    if holder is None:
        return {}
    days = {name: getattr(holder, name) for name in ("away_from", "away_until")}
    return {"email": holder.email, **{name: day.isoformat() for name, day in days.items() if day is not None}}


def _not_found() -> Problem:
    return Problem(404, "unknown-role-holder", "This member of staff has no role here.")

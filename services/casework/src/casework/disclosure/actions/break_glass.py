"""Break glass: read a case that one role alone may know of, in an emergency, and say why."""

from uuid import UUID

from casework.cases.actions import reads
from casework.cases.actions.cases import list_staff_roles
from casework.cases.schemas import Case
from casework.disclosure.schemas import BreakGlass
from chassis import audit, ids
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem

ROLE = "break_glass"
_DETAIL = f"Only a member of staff with the role `{ROLE}` may do this. It is given at `role-holders`."


async def break_glass(
    session: Session, council: str, caller: Caller, case_id: UUID, body: BreakGlass
) -> Case:
    """Read a case whole. The audit says who did and why, and an event with which purpose.

    Raises Problem 403 or 404.
    """
    is_person = caller.subject != caller.client_id and not caller.delegated
    if not is_person or ROLE not in await list_staff_roles(session, council, caller):
        raise Problem(403, "break-glass-only", _DETAIL)
    opened = await reads.open_whole(session, council, caller, case_id, body.purpose)
    await audit.record(
        session,
        council,
        audit.by_staff(caller),
        "glass-broken",
        "casework.case",
        ids.show(case_id),
        changes={"purpose": [None, body.purpose]},
        personal={"reason": [None, body.reason]},
    )
    return opened.case.model_copy(update={"actions": []})

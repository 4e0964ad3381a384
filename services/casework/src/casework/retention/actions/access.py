"""Who may keep, erase and give out a council's records: staff with the role, and no software."""

from casework.cases.actions.cases import list_staff_roles
from casework.retention.rules.disposals import RECORDS_MANAGER
from chassis.auth import Caller
from chassis.database import ReadSession
from chassis.problems import Problem

_DETAIL = (
    f"Only a member of staff with the role `{RECORDS_MANAGER}` may do this. It is given at `role-holders`."
)


async def check_manager(session: ReadSession, council: str, caller: Caller) -> None:
    """Check that the caller is a records manager, in person. Raises Problem 403."""
    is_person = caller.subject != caller.client_id and not caller.delegated
    if not is_person or RECORDS_MANAGER not in await list_staff_roles(session, council, caller):
        raise Problem(403, "records-manager-only", _DETAIL)

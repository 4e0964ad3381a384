"""How the person whom a case is about is reached."""

from fastapi import APIRouter, Response

from casework.caseload.actions import contacts
from casework.cases.actions import reads
from casework.cases.actions.subjects import Contact
from casework.cases.routes.dependencies import CaseId, ChangeOfCase, Worker
from casework.cases.schemas import Case, ContactDetails
from chassis.etags import ETAG, version_tag
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1/cases/{case_id}", tags=["cases"])


@router.put("/contact", responses={200: ETAG, **document_problems(404, 412, 422, 428)})
async def correct_contact(
    council: Slug,
    case_id: CaseId,
    body: ContactDetails,
    caller: Worker,
    change: ChangeOfCase,
    response: Response,
) -> Case:
    """Correct how the person is reached, and in which language. Messages from now on go there."""
    contact = Contact(**body.model_dump())
    await contacts.correct_contact(change.session, council, caller, case_id, change.precondition, contact)
    case = await reads.get_case(change.session, council, caller, case_id)
    response.headers.update(version_tag(case.version))
    return case

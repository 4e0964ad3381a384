"""Search for cases, and for those that are likely about the same."""

from fastapi import APIRouter

from casework.cases.actions import reads
from casework.cases.routes.dependencies import CaseId, Reader
from casework.cases.schemas import CaseSummary
from casework.search.actions import duplicates, words
from casework.search.schemas import CaseSearch, Duplicates, DuplicateSearch
from chassis import ids
from chassis.database import Reading
from chassis.pages import Page, Paging
from chassis.problems import document_problems
from chassis.types import Slug

router = APIRouter(prefix="/{council}/casework/v1", tags=["search"])


@router.post("/case-searches")
async def search_cases(
    council: Slug, body: CaseSearch, caller: Reader, session: Reading, paging: Paging
) -> Page[CaseSummary]:
    """Find cases by words of their reference, fields and notes, the newest first.

    You find by what you may read, and what you find holds nothing of a person. Nothing is stored.
    """
    rows = await words.search_cases(session, council, caller, body, paging.start_id(), paging.fetch)
    return paging.page(list(rows), reads.summarise, lambda row: (ids.show(row.id),))


@router.get("/cases/{case_id}/duplicates", responses=document_problems(404))
async def list_duplicates(council: Slug, case_id: CaseId, caller: Reader, session: Reading) -> Duplicates:
    """List cases that are likely about the same as this one, the likeliest first, with the reasons."""
    return await duplicates.list_duplicates(session, council, caller, case_id)


@router.post("/duplicate-searches", responses=document_problems(404, 422))
async def search_duplicates(
    council: Slug, body: DuplicateSearch, caller: Reader, session: Reading
) -> Duplicates:
    """Find cases that are likely about the same, before you open one. Nothing is stored."""
    return await duplicates.search_duplicates(session, council, caller, body)

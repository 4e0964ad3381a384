"""Find cases by words, as far as who searches may read them."""

from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases.actions import cases
from casework.search import store
from casework.search.schemas import CaseSearch
from casework.shared.days import find_end_of_day, find_local_moment
from casework.word_index.rules import NOTES, make_query
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession


async def search_cases(
    session: ReadSession, council: str, caller: Caller, search: CaseSearch, before: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """Find cases as rows, the newest first: two statements, however many case types and roles there are."""
    roles = await cases.list_staff_roles(session, council, caller)
    is_machine = caller.subject == caller.client_id
    notes = [NOTES] if roles or is_machine else []
    words = store.WordSearch(
        open_words=make_query(search.words, roles),
        all_words=make_query(search.words, [*roles, *notes]),
        selves=[caller.subject, caller.actor],
        roles=roles,
    )
    filters = _make_filters(search, caller)
    return await store.search_cases(session, council, caller.mode, words, filters, before, fetch)


def _make_filters(search: CaseSearch, caller: Caller) -> store.Filters:
    first, last = search.opened_from, search.opened_until
    return store.Filters(
        code=search.case_type,
        state=search.state,
        team=search.team,
        assignee=caller.subject if search.mine else search.assignee,
        is_closed=search.closed,
        overdue_at=clock.now() if search.overdue else None,
        opened_from=None if first is None else find_local_moment(first, time()),
        opened_before=None if last is None else find_end_of_day(last),
    )

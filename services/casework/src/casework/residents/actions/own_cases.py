"""Whose cases somebody reaches: a person their own, and a delegate those of their mandate's theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.cases.actions import cases
from casework.cases.actions.reads import find_case_row
from casework.cases.actions.subjects import PublishedVersion, get_version, get_versions
from casework.model.rules.acts import Actor
from casework.model.rules.case_type import RESIDENT, BoundType, CaseType
from casework.residents import store
from casework.shared.references import read_reference
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.problems import Problem


@dataclass(frozen=True, slots=True)
class OwnedCase:
    """A case that somebody reaches as theirs, and the version by which it runs."""

    row: Row[Any]
    version: PublishedVersion


def check_person(caller: Caller) -> None:
    """Check that a person stands behind a token: software has no cases of its own. Raises Problem 403."""
    if caller.subject == caller.client_id:
        detail = "These are a person's own cases. Send the token of somebody who has signed in."
        raise Problem(403, "people-only", detail)


def name_owner(council: str, caller: Caller) -> Mapping[str, str]:
    """Name whose cases are meant: those of the person, whoever acts for them."""
    return {"council": council, "mode": caller.mode, "person": caller.subject}


def make_actor(caller: Caller) -> Actor:
    """Make who acts: as a resident and no more, also if they are staff elsewhere."""
    return Actor(caller.actor or caller.subject, frozenset({RESIDENT}))


def is_in_theme(caller: Caller, case_type: CaseType) -> bool:
    """Check whether somebody reaches cases of a type: a delegate only those of their mandate's theme."""
    return not caller.delegated or (case_type.theme != "" and case_type.theme == caller.theme)


def check_may_open(caller: Caller, case_type: CaseType) -> None:
    """Check that a person, or who acts for them, may open cases of a type. Raises Problem 403."""
    if case_type.restricted:
        detail = "One role of the council alone may know of cases of this kind. Tell the council in person."
        raise Problem(403, "restricted-case-type", detail)
    if is_in_theme(caller, case_type):
        return
    if not case_type.theme:
        detail = "You cannot do this for somebody else. They must sign in and do it themselves."
        raise Problem(403, "not-for-delegates", detail)
    detail = f"You need a mandate for {case_type.theme}. Ask the person for one."
    raise Problem(403, "wrong-theme", detail, theme=case_type.theme)


async def find_own_case(session: ReadSession, council: str, caller: Caller, reference: str) -> OwnedCase:
    """Find a case of the caller's by its reference. Raises Problem 403 or 404."""
    case_id = await find_own_id(session, council, caller, reference)
    row = await find_case_row(session, council, caller.mode, case_id)
    if row is None:
        raise cases.not_found()
    return await _check_theme_of(session, council, caller, row)


async def lock_own_case(session: Session, council: str, caller: Caller, reference: str) -> OwnedCase:
    """Lock a case of the caller's. Raises Problem 403 or 404."""
    case_id = await find_own_id(session, council, caller, reference)
    row = await cases.lock_case(session, council, caller, case_id)
    if row.person != caller.subject or row.restricted is not None:
        raise cases.not_found()
    return await _check_theme_of(session, council, caller, row)


async def find_own_id(session: ReadSession, council: str, caller: Caller, reference: str) -> UUID:
    """Find the id of a person's case by its reference. Raises Problem 403 or 404."""
    check_person(caller)
    exact = read_reference(reference)
    case_id = exact and await store.find_case(session, name_owner(council, caller), exact)
    if not isinstance(case_id, UUID):
        raise cases.not_found()
    return case_id


async def _check_theme_of(session: ReadSession, council: str, caller: Caller, row: Row[Any]) -> OwnedCase:
    """Check the theme of a case: for a delegate of another it is not there, as for strangers."""
    version = await get_version(session, council, row.type_version)
    if not is_in_theme(caller, version.bound.case_type):
        raise cases.not_found()
    return OwnedCase(row, version)


async def list_own_cases(
    session: ReadSession, council: str, caller: Caller, after: UUID | None, fetch: int
) -> tuple[Sequence[Row[Any]], Mapping[UUID, BoundType]]:
    """List the caller's cases, and the types they run by: as many statements however many there are.

    Raises Problem 403.
    """
    check_person(caller)
    owner = name_owner(council, caller)
    versions = await get_versions(session, council, await store.list_versions(session, owner))
    reached = {key: bound for key, bound in versions.items() if is_in_theme(caller, bound.case_type)}
    return await store.list_cases(session, owner, list(reached), after, fetch), reached

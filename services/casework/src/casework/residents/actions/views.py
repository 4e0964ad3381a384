"""A person's case in public words: where it stands, what they can do, what was written, what happened."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from casework.attachments.actions.reads import list_of_person
from casework.cases import rules as case_rules
from casework.cases.actions.subjects import read_contact
from casework.cases.schemas import ContactDetails
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import RESIDENT, Action, BoundType, CaseType
from casework.residents import store
from casework.residents.actions.own_cases import OwnedCase, find_own_case
from casework.residents.rules import progress
from casework.residents.schemas import (
    Answer,
    CaseOpening,
    CaseStatus,
    Message,
    OwnAction,
    OwnCase,
    OwnCaseSummary,
    OwnFile,
    Question,
    TimelineItem,
)
from casework.shared.references import format_reference
from casework.shared.words import Words
from chassis import clock
from chassis.auth import Caller
from chassis.database import ReadSession

_RESIDENT_ONLY = frozenset({RESIDENT})
_NO_ROLE = Words("The council", "Y cyngor")


async def get_own_case(
    session: ReadSession, council: str, caller: Caller, reference: str, language: str
) -> OwnCase:
    """Get a case of the caller's. Raises Problem 403 or 404."""
    return await describe(session, await find_own_case(session, council, caller, reference), language)


async def describe(session: ReadSession, owned: OwnedCase, language: str) -> OwnCase:
    """Describe a case to the person it is about."""
    row, case_type = owned.row, owned.version.bound.case_type
    state = case_rules.read_state(row.engine, row.personal or {})
    actions = progress.list_actions(case_type, state.state)
    contact = read_contact(row)
    return OwnCase(
        **_summarise(row, case_type, state, language),
        language="cy" if language == "cy" else "en",
        charged=state.charged,
        paid=state.paid,
        answers=_list_answers(case_type, state, language),
        actions=[_describe_action(case_type, action, language) for action in actions],
        messages=await _list_messages(session, row),
        timeline=await _list_timeline(session, row, case_type, language),
        files=[
            OwnFile(name=file.name, state=file.state, at=file.created_at)
            for file in await list_of_person(session, row.council, row.id, row.person)
        ],
        opened_by=[
            CaseOpening(hour=each.hour, role=_name_roles(case_type, each.roles, language))
            for each in await store.list_accesses(session, row.council, row.id)
        ],
        contact=None if contact is None else ContactDetails.model_validate(asdict(contact)),
        version=row.version,
    )


def summarise(row: Row[Any], types: Mapping[UUID, BoundType], language: str) -> OwnCaseSummary:
    """Show a row of a list."""
    case_type = types[row.type_version].case_type
    return OwnCaseSummary(**_summarise(row, case_type, CaseState.from_json(row.engine), language))


def describe_status(row: Row[Any], bound: BoundType, language: str) -> CaseStatus:
    """Say where a case stands, in words and no more: for who shows no account."""
    names = ("reference", "name", "status", "move", "next_step")
    summary = _summarise(row, bound.case_type, CaseState.from_json(row.engine), language)
    return CaseStatus(**{name: summary[name] for name in names}, language="cy" if language == "cy" else "en")


def _summarise(row: Row[Any], case_type: CaseType, state: CaseState, language: str) -> dict[str, Any]:
    standing = progress.describe_progress(case_type, state, clock.now())
    return {
        "reference": format_reference(row.reference),
        "case_type": row.code,
        "name": case_type.name.pick(language),
        "status": case_type.states[state.state].public.pick(language),
        "move": standing.move,
        "next_step": standing.next_step.pick(language),
        "due_on": None if standing.due is None else standing.due.on.isoformat(),
        "late": standing.late,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }


def _list_answers(case_type: CaseType, state: CaseState, language: str) -> list[Answer]:
    """List the fields that residents are asked for: what only staff write is not theirs to read."""
    actions = [action for action in case_type.actions.values() if RESIDENT in action.roles]
    names = {name for action in actions for name in case_rules.list_asks(case_type, action, _RESIDENT_ONLY)}
    values = case_rules.hide_fields(case_type, state.fields, _RESIDENT_ONLY)
    return [
        Answer(field=name, label=field.label.pick(language), value=values[name])
        for name, field in case_type.fields.items()
        if name in names and name in values
    ]


def _describe_action(case_type: CaseType, action: Action, language: str) -> OwnAction:
    fields = [case_type.fields[name] for name in case_rules.list_asks(case_type, action, _RESIDENT_ONLY)]
    return OwnAction(
        action=action.id,
        name=action.name.pick(language),
        asks=[
            Question(field=field.id, label=field.label.pick(language), answer=dict(field.schema))
            for field in fields
            if not field.restricted
        ],
    )


async def _list_messages(session: ReadSession, row: Row[Any]) -> list[Message]:
    return [
        Message(
            direction="to_you" if note.direction == "out" else "from_you",
            by=_name_author(note.author, row.person),
            text=note.text,
            at=note.at,
        )
        for note in await store.list_messages(session, row.council, row.id)
    ]


def _name_roles(case_type: CaseType, roles: list[str] | None, language: str) -> str:
    """Name the roles of the type that somebody has; software has none."""
    names = [case_type.roles[role].pick(language) for role in roles or () if role in case_type.roles]
    return ", ".join(names) or _NO_ROLE.pick(language)


def _name_author(author: Mapping[str, str], person: str) -> Any:
    if author.get("sub") != person:
        return "council"
    return "delegate" if author.get("act") else "you"


async def _list_timeline(
    session: ReadSession, row: Row[Any], case_type: CaseType, language: str
) -> list[TimelineItem]:
    acts: Iterable[str] = (each.id for each in case_type.actions.values() if RESIDENT in each.roles)
    entries = [
        progress.describe_entry(case_type, row.person, each)
        for each in await store.list_timeline(session, row.council, row.id, list(acts))
    ]
    return [
        TimelineItem(at=entry.at, text=entry.words.pick(language), by=entry.by)
        for entry in entries
        if entry is not None
    ]

"""What can be done to a case, by whom, and why not: the engine is asked about each action of its state."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.cases.actions import subjects
from casework.cases.actions.counts import count_others
from casework.cases.actions.reads import OpenedCase
from casework.model.rules.acts import Act, ActKind, Actor, Context
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import RESIDENT, SYSTEM, Action, CaseType
from casework.office.rules.prospects import foresee
from chassis import clock
from chassis.database import ReadSession
from chassis.web.sign_in import Staff


@dataclass(frozen=True, slots=True)
class Prospect:
    """An action of the case's state: what it is called, and every reason why it cannot be done now."""

    action: str
    name: str
    reasons: Sequence[str] = field(default=())


async def list_prospects(
    session: ReadSession, staff: Staff, opened: OpenedCase, state: CaseState
) -> list[Prospect]:
    """List what a case's state has for people, those that can be done first."""
    case_type = opened.version.bound.case_type
    actor = Actor(staff.caller.actor or staff.subject, opened.roles)
    row, version = opened.row, opened.version
    subject = subjects.Subject(row.council, row.id, row.mode, version, state, row.opened_at, row.reference)
    authority = subjects.find_authority(case_type, state.fields)
    law = await subjects.load_due_dates(session, staff.council, authority)
    listed = []
    for action in case_type.actions.values():
        if state.state not in action.sources or action.roles <= {SYSTEM}:
            continue
        if not action.roles & opened.roles:
            listed.append(Prospect(action.id, action.name.en, (_name_roles(case_type, action),)))
            continue
        act = _make_act(action, actor)
        context = Context(law, await count_others(session, subject, act))
        reasons = foresee(opened.version.bound, state, act, context)
        listed.append(Prospect(action.id, action.name.en, tuple(reason.words.en for reason in reasons)))
    return sorted(listed, key=lambda prospect: bool(prospect.reasons))


def _make_act(action: Action, actor: Actor) -> Act:
    result = action.results[0] if action.results else ""
    return Act(kind=ActKind.ACTION, id=action.id, at=clock.now(), by=actor, result=result)


def _name_roles(case_type: CaseType, action: Action) -> str:
    """Say who does what its reader may not."""
    names = [case_type.roles[role].en for role in sorted(action.roles) if role in case_type.roles]
    if RESIDENT in action.roles:
        names.append("the person the case is about")
    return f"This is for: {', '.join(names)}."

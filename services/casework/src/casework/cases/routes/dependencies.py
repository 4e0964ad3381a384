"""What the routes of cases ask for."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Query

from casework.cases.schemas import Name, Subject
from chassis import ids
from chassis.auth import Caller, permission
from chassis.database import Writing
from chassis.etags import IfMatch
from chassis.types import Uprn

CaseId = Annotated[ids.Id, Path(description="The case")]
Reader = Annotated[Caller, permission("casework:read")]
Worker = Annotated[Caller, permission("casework:act")]
Configurer = Annotated[Caller, permission("casework:configure")]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a case that is there: its transaction, and the versions it is for."""

    session: Writing
    precondition: IfMatch


ChangeOfCase = Annotated[Change, Depends()]


class CaseFilters:
    """Which cases a list shows."""

    def __init__(
        self,
        case_type: Name | None = None,
        state: Name | None = None,
        team: Name | None = None,
        assignee: Subject | None = None,
        uprn: Uprn | None = None,
        *,
        mine: Annotated[bool, Query(description="Those that are assigned to you")] = False,
        unassigned: Annotated[bool, Query(description="Those that are assigned to nobody")] = False,
        overdue: Annotated[bool, Query(description="Open ones whose deadline is over")] = False,
        refund_due: Annotated[
            bool,
            Query(
                description="Those with money to give back, open and closed, the first due first; "
                "with `closed`, only closed ones"
            ),
        ] = False,
        closed: Annotated[bool, Query(description="Closed cases instead, the last closed first")] = False,
    ) -> None:
        columns = {"code": case_type, "state": state, "team": team, "assignee": assignee, "uprn": uprn}
        self.equal: dict[str, Any] = {name: value for name, value in columns.items() if value is not None}
        self.is_mine = mine
        self.is_unassigned = unassigned
        self.is_overdue = overdue and not closed
        self.is_refund_due = refund_due
        self.is_open = not closed


TheFilters = Annotated[CaseFilters, Depends()]
